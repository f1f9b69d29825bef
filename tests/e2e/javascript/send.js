function sendMessage(receiver, message) {
    socket.send(JSON.stringify({
        type: "private_message",
        sender: "Alice",
        receiver: receiver,
        message: message
    }));
}
