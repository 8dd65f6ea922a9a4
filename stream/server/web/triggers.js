// The card of the rules: what each waits for and does, what it is doing, its switch and test button; connections.
// Rows are changed in place, never made anew: a click must find under it what it began on. Fields: docs/protocol.md.

import { Log, ago, make, put } from "./log.js";
import { at } from "./readings.js";

const SETTLE_MS = 800; // for so long a switch keeps what the user chose, whatever an older message says
const FLASH_NS = 400e6; // a rule that fired shines for so long
const STALE_NS = 5e9; // a mapping that failed and no more is well again: only what goes wrong is told of it

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
    this.problem = make("p", "problem");
    words.append(title, this.when, this.does, this.problem);
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

  show(rule, { nowNs, problem, stopped, may }) {
    const sinceNs = rule.fired_ns === null ? Infinity : nowNs - rule.fired_ns;
    const isMapping = rule.kind === "mapping";
    this.item.classList.toggle("off", !rule.enabled);
    this.dot.dataset.state = rule.active ? "active" : rule.lit ? "lit" : !isMapping && sinceNs < FLASH_NS ? "fired" : "";
    put(this.badge, [rule.mode === "once" ? "" : rule.mode, rule.dry_run ? "dry run" : ""].filter(Boolean).join(", "));
    put(this.when, rule.when);
    put(this.does, rule.do);
    const last = rule.fired_ns === null ? "" : isMapping ? rule.cause : `${ago(sinceNs)}, ${rule.count}×`;
    const whyNot = rule.why_not === problem?.text ? "" : rule.why_not; // what went wrong stands below, once
    const why = whyNot || (isMapping ? "" : rule.cause);
    this.last.replaceChildren(last, ...(why ? [make("small", whyNot ? "why" : "", why)] : []));
    const isOver = isMapping && problem && nowNs - problem.atNs > STALE_NS;
    put(this.problem, problem && !isOver ? problem.text : "");
    this.test.disabled = !may || stopped;
    this.test.title = stopped ? "Everything is stopped: resume, then test" : "";
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
    this.item.classList.toggle("unseen", detail.startsWith("0 pages")); // it works, but nobody sees it
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
    this.log = new Log();
    this.stopped = false;
    at("panic").onclick = () => command({ type: "trigger", what: "panic" });
    at("resume").onclick = () => command({ type: "trigger", what: "resume" });
  }

  allow(may) {
    this.may = may;
    for (const control of at("triggers").querySelectorAll("button, input")) {
      control.disabled = !may || (this.stopped && control.className === "test");
    }
  }

  show(message) {
    put(at("triggers-origin"), [message.origin, message.dry_run ? "dry run" : ""].filter(Boolean).join(", "));
    at("triggers-empty").hidden = message.rules.length > 0;
    at("triggers-more").hidden = message.rules.length === 0;
    at("triggers-stopped").hidden = !message.stopped;
    at("resume").hidden = !message.stopped;
    at("panic").hidden = message.stopped || message.rules.length === 0;
    at("triggers").classList.toggle("halted", message.stopped);
    this.stopped = message.stopped;
    this.log.take(message.log, message.now_ns);
    this.showRules(message.rules, message.now_ns);
    this.showConnections(message.connections);
  }

  showRules(rules, nowNs) {
    const names = rules.map((rule) => rule.name);
    if (names.join("\n") !== [...this.rows.keys()].join("\n")) {
      this.rows = new Map(names.map((name) => [name, this.rows.get(name) ?? new Row(name, this.command)]));
      at("rules").replaceChildren(...[...this.rows.values()].map((row) => row.item));
      this.allow(this.may);
    }
    const { stopped, may } = this;
    for (const rule of rules) this.rows.get(rule.name).show(rule, { nowNs, stopped, may, problem: this.log.problems.get(rule.name) });
  }

  // Keys or notes that cannot be heard: the rules that wait for them look well and never fire.
  showUnheard(text) {
    const told = [...at("unheard").children].map((item) => item.textContent);
    if (!told.includes(text)) at("unheard").append(make("li", "", text));
  }

  forgetUnheard() {
    at("unheard").replaceChildren();
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
}
