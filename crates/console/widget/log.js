// Elements and icons, and what was said: groups of one speaker, lines about who came, and the message that grows.
// Nothing is parsed as HTML.
import { blocks, heldBack } from './markdown.js';

/** An element. Properties that are no properties of elements are attributes. */
export function el(tag, { on = {}, ...rest } = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(rest)) {
    if (value === undefined || value === null) continue;
    if (name in node && !name.startsWith('aria')) node[name] = value; else node.setAttribute(name, value);
  }
  for (const [name, hear] of Object.entries(on)) node.addEventListener(name, hear);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const PATHS = {
  close: 'M5 5l10 10M15 5L5 15',
  send: 'M10 16V4.5M4.5 9.5L10 4l5.5 5.5',
  attach: 'M14.5 9.2l-5 5a3 3 0 0 1-4.3-4.2l5.8-5.8a2 2 0 0 1 2.9 2.8l-5.6 5.7',
};

export function icon(name) {
  const [svg, path] = ['svg', 'path'].map((tag) => document.createElementNS('http://www.w3.org/2000/svg', tag));
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}

const NEAR_END = 80;

export class Log {
  constructor({ chat, text, server, locale }) {
    Object.assign(this, { chat, text, server, locale });
    /** Rendered messages by id. A message's text never changes, so neither does its node. */
    this.rendered = new Map();
    this.node = el('div', { className: 'log', role: 'log', tabIndex: 0, 'aria-live': 'off', 'aria-label': text('conversation') });
    this.jump = el('button', { className: 'jump', type: 'button', hidden: true, on: { click: () => this.toEnd() } }, text('newest'));
    this.node.addEventListener('scroll', () => { if (this.isAtEnd()) this.jump.hidden = true; }, { passive: true });
  }

  isAtEnd() { return this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < NEAR_END; }

  toEnd() {
    this.node.scrollTop = this.node.scrollHeight;
    this.jump.hidden = true;
  }

  /** The name that is shown for a message. */
  speaker({ direction, author }) {
    if (direction === 'INBOUND') return this.text('you');
    return author?.name || this.text(author?.kind === 'person' ? 'person' : 'assistant');
  }

  /** Shows everything anew, with the nodes that are there. */
  show() {
    const [follows, top] = [this.isAtEnd(), this.node.scrollTop];
    const below = this.node.scrollHeight - top;
    const { chat } = this;
    const items = [];
    if (chat.older) items.push(el('button', { className: 'earlier', type: 'button', on: { click: () => this.readOlder() } }, this.text('earlier')));
    if (this.greeting) items.push(this.group('assistant', this.chat.agentName || this.text('assistant'), [this.bubble(this.greeting)]));
    items.push(...this.groups());
    for (const item of chat.waiting) items.push(this.waits(item));
    this.growingGroup = null;
    if (chat.typing) items.push(el('p', { className: 'typing' }, this.text('types', { name: chat.typing.name || chat.person || this.text('person') })));
    this.node.replaceChildren(...items);
    this.grow();
    if (follows) this.toEnd();
    else this.node.scrollTop = this.keepsPlace ? this.node.scrollHeight - below : top;
    if (!follows && !this.keepsPlace && chat.messages.size > this.count) this.jump.hidden = false;
    this.keepsPlace = false;
    this.count = chat.messages.size;
  }

  async readOlder() {
    this.keepsPlace = true;
    await this.chat.readOlder();
    this.node.focus();
  }

  /** Messages in a row of one speaker are a group. A line says when a person comes or goes. */
  groups() {
    const found = [];
    let [person, group, last] = [null, null, null];
    const end = () => {
      if (group) group.append(this.stamp(last));
      group = null;
    };
    const speaks = (next) => {
      if (next === person) return;
      end();
      const words = next === null ? this.text('left', { name: person || this.text('person') }) : this.text('joined', { name: next || this.text('person') });
      found.push(el('p', { className: next === null ? 'line' : 'line is-person' }, words));
      person = next;
    };
    for (const message of [...this.chat.past, ...this.chat.messages.values()]) {
      if (message.begins) {
        end();
        person = null;
        found.push(el('p', { className: 'line' }, this.text('fresh')));
        continue;
      }
      if (message.hands) { speaks(message.person); continue; }
      const by = message.direction === 'INBOUND' ? 'visitor' : (message.author?.kind ?? 'assistant');
      if (by !== 'visitor') speaks(by === 'person' ? (message.author.name ?? '') : null);
      const speaker = `${by} ${this.speaker(message)}`;
      if (group?.dataset.speaker !== speaker) {
        end();
        group = this.group(by, by === 'visitor' ? null : this.speaker(message), []);
        group.dataset.speaker = speaker;
        found.push(group);
      }
      group.append(this.message(message));
      last = message;
    }
    end();
    return found;
  }

  group(kind, name, children) {
    return el('div', { className: `group by-${kind}` }, name && el('span', { className: 'name' }, name), ...children);
  }

  message(message) {
    let node = this.rendered.get(message.id);
    if (!node) {
      node = message.direction === 'INBOUND' ? el('div', { className: 'bubble-text', dir: 'auto' }, message.messageBody) : this.bubble(message.messageBody);
      node.append(...this.files(message.attachments));
      node.prepend(el('span', { className: 'sr' }, `${this.speaker(message)}: `));
      this.rendered.set(message.id, node);
    }
    return node;
  }

  files(files = []) { return files.map(({ name }) => el('div', { className: 'file' }, icon('attach'), name)); }

  bubble(markdown) {
    const rich = el('div', { className: 'rich', dir: 'auto' }, ...blocks(markdown, this.server).map(({ node }) => node));
    return el('div', { className: 'bubble-text' }, rich);
  }

  stamp({ createdAt }) {
    const at = new Date(createdAt);
    const isToday = at.toDateString() === new Date().toDateString();
    const short = at.toLocaleString(this.locale, isToday ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' });
    return el('span', { className: 'under' }, el('time', { dateTime: createdAt, title: at.toLocaleString(this.locale) }, short));
  }

  /** A message that is not sent yet. */
  waits({ key, text, files = [], tries, refusal }) {
    const has = this.chat.stopped(key);
    const words = refusal ?? this.text(has ? 'failed' : tries || !navigator.onLine ? 'waiting' : 'sending');
    const note = el('span', { className: `under${has ? ' is-bad' : ''}` }, words, ' ');
    if (has) {
      note.append(el('button', { type: 'button', on: { click: () => this.chat.retry(key) } }, this.text('again')));
      if (refusal) note.append(' ', el('button', { type: 'button', on: { click: () => this.chat.discard(key) } }, this.text('cancel')));
    }
    return this.group('visitor', null, [el('div', { className: 'bubble-text', dir: 'auto' }, text, ...this.files(files)), note]);
  }

  /** Shows the message that grows. Blocks that are closed stay as they are. */
  grow() {
    const { growing } = this.chat;
    if (!growing) {
      this.growingGroup?.remove();
      this.growingGroup = null;
      return;
    }
    const follows = this.isAtEnd();
    if (!this.growingGroup || this.growingId !== growing.id || growing.text.length < this.closed) {
      this.growingGroup?.remove();
      this.rich = el('div', { className: 'rich', dir: 'auto' });
      this.growingGroup = this.group('assistant', this.chat.agentName || this.text('assistant'), [el('div', { className: 'bubble-text growing' }, this.rich)]);
      [this.growingId, this.closed, this.tail] = [growing.id, 0, []];
      this.growingGroup.setAttribute('aria-busy', 'true');
      this.node.append(this.growingGroup);
    }
    const found = blocks(heldBack(growing.text.slice(this.closed)), this.server);
    this.tail.forEach((node) => node.remove());
    this.rich.append(...found.map(({ node }) => node));
    this.tail = found.length ? [found.at(-1).node] : [];
    if (found.length) this.closed += found.at(-1).start;
    if (follows) this.toEnd(); else this.jump.hidden = false;
  }
}
