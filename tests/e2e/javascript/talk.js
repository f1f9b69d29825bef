socket.onmessage = (event) => {
    console.log("Received from server:", event.data);
};

socket.onopen = () => {
    socket.send("Hello from client!");
};
