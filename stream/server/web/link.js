// The socket: says hello, subscribes, reconnects by itself, and sorts what comes. Fields: docs/protocol.md.

export const PROTOCOL = 1;
const KIND_OVERLAY = 1;
const KIND_CAMERA = 2;
const RETRY_MS = [250, 500, 1000, 2000];

// Split a binary message into its header's fields and the JPEG.
function parsePicture(buffer) {
  const view = new DataView(buffer);
  return {
    kind: view.getUint8(0),
    width: view.getUint16(4, true),
    height: view.getUint16(6, true),
    seq: Number(view.getBigUint64(8, true)),
    jpeg: new Blob([new Uint8Array(buffer, view.getUint16(2, true))], { type: "image/jpeg" }),
  };
}

export class Link {
  // on: onPicture, onCamera, onMessage (JSON, by type), onState ("connecting", "open", "lost").
  constructor(path, { token = null, topics = [], ...handlers }) {
    // Also in the URL: with the token there is a place even where a crowd of others is connected.
    this.url = `ws://${location.host}${path}${token ? `?token=${encodeURIComponent(token)}` : ""}`;
    this.token = token;
    this.topics = topics;
    this.handlers = handlers;
    this.failures = 0;
    this.open();
  }

  open() {
    this.tell("onState", this.failures ? "lost" : "connecting");
    this.socket = new WebSocket(this.url);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => {
      this.send({ type: "hello", protocol: PROTOCOL, ...(this.token ? { token: this.token } : {}) });
      this.send({ type: "subscribe", topics: this.topics });
    };
    this.socket.onmessage = (event) => this.receive(event.data);
    this.socket.onclose = () => {
      const wait = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)];
      this.tell("onState", "lost");
      setTimeout(() => this.open(), wait);
    };
  }

  receive(data) {
    if (typeof data !== "string") {
      const picture = parsePicture(data);
      if (picture.kind === KIND_OVERLAY) this.tell("onPicture", picture);
      if (picture.kind === KIND_CAMERA) this.tell("onCamera", picture);
      return;
    }
    const message = JSON.parse(data);
    if (message.type === "hello") {
      this.failures = 0;
      this.tell("onState", "open");
    }
    this.tell("onMessage", message);
  }

  subscribe(topics) {
    this.topics = topics;
    this.send({ type: "subscribe", topics });
  }

  seen(topic, count) {
    this.send({ type: "seen", topic, count });
  }

  // False if there is no connection: a command is never kept for later, when it would surprise.
  send(message) {
    if (this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  tell(name, value) {
    this.handlers[name]?.(value);
  }
}
