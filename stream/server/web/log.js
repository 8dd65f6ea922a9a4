// The log of the rules: a firing and what became of it are one entry of two lines, newest first. Fields: docs/protocol.md.

import { at } from "./readings.js";

const KEPT = 100; // entries: more than anyone reads
const BAD = ["failed", "refused", "dropped"];
const OUTCOMES = ["done", "replaced", ...BAD];
const VERDICTS = { fired: "fired", dry: "dry run", skipped: "not fired" };

export function make(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function ago(ns) {
  const seconds = ns / 1e9;
  if (seconds < 1.5) return "now";
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3600)} h ago`;
}

// One entry: a decision of the engine, with the outcomes of its actions.
class Entry {
  constructor({ at_ns, rule, cause, verdict, text }) {
    Object.assign(this, { atNs: at_ns, rule, cause, verdict, text, times: 1, latencyMs: null });
  }

  get isClock() {
    return this.cause.startsWith("every ");
  }

  get isOpen() {
    return this.verdict === "fired" || OUTCOMES.includes(this.verdict);
  }

  // What went wrong stays what is told of it, whatever comes later.
  add({ verdict, text, latency_ms }) {
    if (BAD.includes(this.verdict)) return;
    if (BAD.includes(verdict)) Object.assign(this, { verdict, text, latencyMs: null });
    else Object.assign(this, { verdict, latencyMs: Math.max(this.latencyMs ?? 0, latency_ms ?? 0) || null });
  }

  row() {
    const latency = this.latencyMs === null ? "" : ` in ${Math.round(this.latencyMs)} ms`;
    const item = make("li");
    item.dataset.verdict = this.verdict;
    const why = [this.cause, this.times > 1 ? `${this.times}×` : ""].filter(Boolean).join(", ");
    const head = make("div", "of", this.rule);
    head.append(this.rule && why ? " " : "", make("small", "", why));
    const result = make("div", "result", this.text);
    item.title = result.title = this.text;
    item.append(make("time"), make("b", "", `${VERDICTS[this.verdict] ?? this.verdict}${latency}`), head, result);
    return item;
  }
}

export class Log {
  constructor() {
    this.entries = [];
    this.problems = new Map(); // by rule: what went wrong when it fired last, and when
    this.newest = 0;
  }

  // Take the lines of a message, oldest first, those that are new. Ours outlive the message's.
  take(lines, nowNs) {
    const last = lines.at(-1)?.seq ?? 0;
    if (last < this.newest) Object.assign(this, { entries: [], problems: new Map(), newest: 0 }); // another start of the program
    const fresh = lines.filter(({ seq }) => seq > this.newest);
    this.newest = last;
    for (const line of fresh) this.note(line);
    this.entries.length = Math.min(this.entries.length, KEPT);
    if (fresh.length || !last) this.draw();
    [...at("log").children].forEach((item, index) => put(item.firstChild, ago(nowNs - this.entries[index].atNs)));
  }

  note(line) {
    if (line.verdict === "fired") this.problems.delete(line.rule);
    if (line.verdict === "refused" || line.verdict === "failed") {
      this.problems.set(line.rule, { text: `${line.verdict}: ${line.text}`, atNs: line.at_ns });
    }
    const of = OUTCOMES.includes(line.verdict) ? this.entries.find((one) => one.isOpen && one.rule === line.rule && one.cause === line.cause) : null;
    if (of) of.add(line);
    else this.begin(new Entry(line));
  }

  // A clock that fires again and again is one entry, or it would push out everything else.
  begin(entry) {
    const isLike = (one) => one.rule === entry.rule && one.isClock && one.isOpen === entry.isOpen && !BAD.includes(one.verdict);
    const before = entry.isClock ? this.entries.findIndex(isLike) : -1;
    if (before >= 0) entry.times += this.entries.splice(before, 1)[0].times;
    this.entries.unshift(entry);
  }

  draw() {
    at("log").replaceChildren(...this.entries.map((entry) => entry.row()));
  }
}
