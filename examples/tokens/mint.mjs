// mint.mjs KEY USER [SECONDS]: prints a token with which USER logs in, signed with KEY (a file that chatctl keygen made).
// A back end does this once it knows who asks. It needs Node alone.
import { createPrivateKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

function mint(file, user, seconds) {
    const encode = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");
    const now = Math.floor(Date.now() / 1000);
    const header = { alg: "EdDSA", typ: "JWT", kid: basename(file, ".key") };
    const claims = { sub: user, iat: now, exp: now + seconds };
    if (process.env.CHAT_AUDIENCE)
        claims.aud = process.env.CHAT_AUDIENCE;
    const input = `${encode(header)}.${encode(claims)}`;
    const signature = sign(null, Buffer.from(input), createPrivateKey(readFileSync(file)));
    return `${input}.${signature.toString("base64url")}`;
}

const [file, user, seconds = "3600"] = process.argv.slice(2);
if (!user) {
    console.error("usage: mint.mjs KEY USER [SECONDS]");
    process.exit(64);
}
console.log(mint(file, user, Number(seconds)));
