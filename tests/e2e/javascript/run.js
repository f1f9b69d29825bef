// Runs the scripts that are named as a page would run them, then each line of standard input. What they take for
// localhost:8080 is CHAT_ADDRESS.
const fs = require("fs");
const readline = require("readline");
const vm = require("vm");

const Plain = globalThis.WebSocket ?? require("ws");
globalThis.WebSocket = class WebSocket extends Plain {
    constructor(url, ...rest) {
        super(url.replace("localhost:8080", process.env.CHAT_ADDRESS), ...rest);
    }
};

for (const script of process.argv.slice(2))
    vm.runInThisContext(fs.readFileSync(script, "utf8"), script);
readline.createInterface({ input: process.stdin })
    .on("line", (line) => vm.runInThisContext(line))
    .on("close", () => process.exit(0));
