// server.js OPTIONS: node's ws as an echo server with those options of perMessageDeflate; says its port.
const { WebSocketServer } = require("ws");
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: JSON.parse(process.argv[2]), maxPayload: 1 << 24 });
server.on("listening", () => console.log(server.address().port));
server.on("connection", (socket) => {
	socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
	socket.on("ping", () => {});
});
