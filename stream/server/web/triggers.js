// The card of the rules: what each waits for and does, what it is doing, its switch and test button; connections; the log.
// Rows are changed in place, never made anew: a click must find under it what it began on. Fields: docs/protocol.md.

import { at } from "./readings.js";

const SETTLE_MS = 800; // for so long a switch keeps what the user chose, whatever an older message says
const FLASH_NS = 400e6; // a rule that fired shines for so long

const VERDICTS = {
  fired: "fired", undone: "undone", dry: "dry run", skipped: "not fired", switched: "switched", panic: "panic", resumed: "resumed",
  done: "done", replaced: "replaced", refused: "refused", failed: "failed", dropped: "dropped",
};

function make(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function ago(ns) {
  const seconds = ns / 1e9;
  if (seconds < 1.5) return "now";
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3600)} h ago`;
}

class Row {
  constructor(name, command) {
    this.item = make("li");
    this.dot = make("span", "dot");
    const words = make("div", "words");
    this.name = make("strong", "", name);
    this.badge = make("small", "badge");
    this.when = make("p", "when");
    this.does = make("p", "does");
    const title = make("p", "title");
    title.append(this.name, this.badge);
    words.append(title, this.when, this.does);
    this.last = make("p", "last");
    this.test = make("button", "test", "Test");
    this.test.type = "button";
    this.test.onclick = () => command({ type: "trigger", what: "fire", rule: name });
    this.enabled = make("input");
    this.enabled.type = "checkbox";
    this.enabled.setAttribute("role", "switch");
    this.enabled.setAttribute("aria-label", `${name} is on`);
    this.enabled.onchange = () => {
      this.chosenAt = performance.now();
      command({ type: "trigger", what: this.enabled.checked ? "enable" : "disable", rule: name });
    };
    this.bar = make("span", "fill");
    this.item.append(this.bar, this.dot, words, this.last, this.test, this.enabled);
  }

  show(rule, nowNs) {
    const sinceNs = rule.fired_ns === null ? Infinity : nowNs - rule.fired_ns;
    const isMapping = rule.kind === "mapping";
    this.item.classList.toggle("off", !rule.enabled);
    this.dot.dataset.state = rule.active ? "active" : rule.lit ? "lit" : !isMapping && sinceNs < FLASH_NS ? "fired" : "";
    put(this.badge, [rule.mode === "once" ? "" : rule.mode, rule.dry_run ? "dry run" : ""].filter(Boolean).join(", "));
    put(this.when, rule.when);
    put(this.does, rule.do);
    const last = rule.fired_ns === null ? "" : isMapping ? rule.cause : `${ago(sinceNs)}, ${rule.count}×`;
    this.last.replaceChildren(last, ...(rule.why_not ? [make("small", "why", rule.why_not)] : rule.cause && !isMapping ? [make("small", "", rule.cause)] : []));
    this.test.hidden = isMapping;
    put(this.test, rule.active && rule.mode !== "once" ? "Undo" : "Test");
    if (performance.now() - (this.chosenAt ?? -Infinity) > SETTLE_MS) this.enabled.checked = rule.enabled;
    this.bar.style.width = rule.progress > 0 && rule.progress < 1 ? `${100 * rule.progress}%` : "0";
  }
}

class Connection {
  constructor(name, kind, command) {
    this.item = make("li", "", name === kind ? name : `${name} (${kind})`);
    this.detail = make("small");
    this.retry = make("button", "retry", "Try again");
    this.retry.type = "button";
    this.retry.setAttribute("aria-label", `Try ${name} again`);
    this.retry.onclick = () => command({ type: "trigger", what: "retry", connection: name });
    this.item.append(this.detail, this.retry);
  }

  show({ state, detail }) {
    this.item.dataset.state = state;
    put(this.detail, detail || state);
    this.retry.hidden = state !== "rejected"; // the others are tried again by themselves
  }
}

export class TriggersCard {
  constructor(command) {
    this.command = command;
    this.rows = new Map();
    this.connections = new Map();
    this.may = false;
    this.newest = -1;
    at("panic").onclick = () => command({ type: "trigger", what: "panic" });
    at("resume").onclick = () => command({ type: "trigger", what: "resume" });
  }

  allow(may) {
    this.may = may;
    for (const control of at("triggers").querySelectorAll("button, input")) control.disabled = !may;
  }

  show(message) {
    put(at("triggers-origin"), [message.origin, message.dry_run ? "dry run" : ""].filter(Boolean).join(", "));
    at("triggers-empty").hidden = message.rules.length > 0;
    at("triggers-more").hidden = message.rules.length === 0;
    at("triggers-stopped").hidden = !message.stopped;
    at("resume").hidden = !message.stopped;
    at("panic").hidden = message.stopped || message.rules.length === 0;
    at("triggers").classList.toggle("halted", message.stopped);
    this.showRules(message.rules, message.now_ns);
    this.showConnections(message.connections);
    this.showLog(message.log, message.now_ns);
  }

  showRules(rules, nowNs) {
    const names = rules.map((rule) => rule.name);
    if (names.join("\n") !== [...this.rows.keys()].join("\n")) {
      this.rows = new Map(names.map((name) => [name, this.rows.get(name) ?? new Row(name, this.command)]));
      at("rules").replaceChildren(...[...this.rows.values()].map((row) => row.item));
      this.allow(this.may);
    }
    for (const rule of rules) this.rows.get(rule.name).show(rule, nowNs);
  }

  showConnections(connections) {
    const names = connections.map(({ name }) => name);
    if (names.join("\n") !== [...this.connections.keys()].join("\n")) {
      this.connections = new Map(connections.map(({ name, kind }) => [name, new Connection(name, kind, this.command)]));
      at("connections").replaceChildren(...[...this.connections.values()].map(({ item }) => item));
      this.allow(this.may);
    }
    for (const connection of connections) this.connections.get(connection.name).show(connection);
  }

  showLog(entries, nowNs) {
    for (const line of at("log").children) put(line.firstChild, ago(nowNs - Number(line.dataset.at)));
    const newest = entries.length ? entries[entries.length - 1].seq : 0;
    if (newest === this.newest) return;
    this.newest = newest;
    at("log").replaceChildren(...[...entries].reverse().map((entry) => {
      const line = make("li");
      line.dataset.at = entry.at_ns;
      line.dataset.verdict = entry.verdict;
      const latency = entry.latency_ms === null ? "" : ` in ${Math.round(entry.latency_ms)} ms`;
      const words = make("span", "", `${entry.rule ? `${entry.rule}: ` : ""}${entry.text}`);
      words.append(" ", make("small", "", entry.cause));
      line.append(make("time", "", ago(nowNs - entry.at_ns)), make("b", "", `${VERDICTS[entry.verdict] ?? entry.verdict}${latency}`), words);
      return line;
    }));
  }
}
