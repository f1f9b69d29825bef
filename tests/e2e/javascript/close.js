socket.onclose = () => {
    console.log("WebSocket connection closed");
};
