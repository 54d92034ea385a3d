// Markdown as nodes. Every text becomes a text node, so that nothing in it runs or asks another server.

const make = (tag, ...children) => {
  const node = document.createElement(tag);
  node.append(...children);
  return node;
};

const FENCE = /^ {0,3}(`{3,}|~{3,})[^`]*$/;
const ITEM = /^( {0,8})(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const HEADING = /^ {0,3}#{1,6}\s+(.*?)\s*#*$/;
const RULE = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const CELLS = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
/** Deeper quotes are text. */
const DEPTH = 4;

/** The blocks of the text, each with its node and the offset at which it begins. `server` may show pictures. */
export function blocks(text, server, depth = 0) {
  const lines = text.split('\n');
  const starts = [];
  lines.reduce((at, line) => { starts.push(at); return at + line.length + 1; }, 0);
  const found = [];
  for (let at = 0; at < lines.length;) {
    if (!lines[at].trim()) { at++; continue; }
    const [node, end] = block(lines, at, server, depth);
    found.push({ start: starts[at], node });
    at = end;
  }
  return found;
}

function block(lines, at, server, depth) {
  const line = lines[at];
  const fence = FENCE.exec(line)?.[1];
  if (fence) return fenced(lines, at, fence);
  const heading = HEADING.exec(line);
  if (heading) {
    const node = make('p', make('strong', ...inline(heading[1], server)));
    return [node, at + 1];
  }
  if (RULE.test(line)) return [make('hr'), at + 1];
  if (/^ {0,3}>/.test(line) && depth < DEPTH) {
    let end = at;
    while (end < lines.length && /^ {0,3}>/.test(lines[end])) end++;
    const inner = lines.slice(at, end).map((one) => one.replace(/^ {0,3}> ?/, '')).join('\n');
    return [make('blockquote', ...blocks(inner, server, depth + 1).map(({ node }) => node)), end];
  }
  if (ITEM.test(line)) return list(lines, at, server);
  if (line.includes('|') && CELLS.test(lines[at + 1] ?? '')) return table(lines, at, server);
  return paragraph(lines, at, server);
}

function fenced(lines, at, fence) {
  let end = at + 1;
  const closes = (line) => { const mark = line.trim(); return mark.startsWith(fence) && !mark.replaceAll(fence[0], ''); };
  while (end < lines.length && !closes(lines[end])) end++;
  const code = make('pre', make('code', lines.slice(at + 1, end).join('\n')));
  code.tabIndex = 0;
  return [code, end + 1];
}

/** Items, and deeper ones within the item before. */
function list(lines, at, server) {
  const [, indent, number] = ITEM.exec(lines[at]);
  const node = make(number ? 'ol' : 'ul');
  if (number && number !== '1') node.start = Number(number);
  let end = at;
  let item = null;
  while (end < lines.length) {
    const line = lines[end];
    const found = ITEM.exec(line);
    if (found && found[1].length > indent.length + 1 && item) {
      const [inner, after] = list(lines, end, server);
      item.append(inner);
      end = after;
    } else if (found && found[1].length >= indent.length && Boolean(found[2]) === Boolean(number)) {
      item = make('li', ...inline(found[3], server));
      node.append(item);
      end++;
    } else if (!line.trim() && ITEM.test(lines[end + 1] ?? '')) {
      end++;
    } else if (line.trim() && !found && item && /^\s{2,}/.test(line)) {
      item.append(make('br'), ...inline(line.trim(), server));
      end++;
    } else break;
  }
  return [node, Math.max(end, at + 1)];
}

function table(lines, at, server) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, '').split('|').map((cell) => cell.trim());
  const row = (line, tag) => make('tr', ...cells(line).map((cell) => make(tag, ...inline(cell, server))));
  const body = make('tbody');
  let end = at + 2;
  while (end < lines.length && lines[end].includes('|') && lines[end].trim()) body.append(row(lines[end++], 'td'));
  const box = make('div', make('table', make('thead', row(lines[at], 'th')), body));
  box.className = 'wide';
  return [box, end];
}

function paragraph(lines, at, server) {
  const begins = (line) => FENCE.test(line) || HEADING.test(line) || ITEM.test(line) || /^ {0,3}>/.test(line);
  const node = make('p');
  let end = at;
  do {
    if (end > at) node.append(make('br'));
    node.append(...inline(lines[end].trim(), server));
    end++;
  } while (end < lines.length && lines[end].trim() && !begins(lines[end]));
  return [node, end];
}

const SPANS = [
  [/^\\([\\`*_{}[\]()#+\-.!|~<>])/, ([, mark]) => mark],
  [/^(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/, ([, , code]) => make('code', code.trim() || code)],
  [/^!\[([^\]]*)\]\(([^()\s]+)[^)]*\)/, ([, text, url], server) => picture(text, url, server)],
  [/^\[((?:[^[\]\\]|\\.)+)\]\(([^()\s]+(?:\([^()\s]*\)[^()\s]*)*)[^)]*\)/, ([, text, url], server) => link(inline(text, server), text, url)],
  [/^<(https?:\/\/[^<>\s]+|mailto:[^<>\s]+)>/, ([, url]) => link([url], url, url)],
  [/^https?:\/\/[^\s<>"'`]*[^\s<>"'`.,;:!?)\]}*_]/, ([url]) => link([url], url, url)],
  [/^\*\*(?=\S)([\s\S]*?\S)\*\*/, ([, text], server) => make('strong', ...inline(text, server))],
  [/^__(?=\S)([\s\S]*?\S)__(?!\w)/, ([, text], server) => make('strong', ...inline(text, server))],
  [/^~~(?=\S)([\s\S]*?\S)~~/, ([, text], server) => make('del', ...inline(text, server))],
  [/^\*(?=[^\s*])([^*]*[^\s*])\*(?!\*)/, ([, text], server) => make('em', ...inline(text, server))],
  [/^_(?=[^\s_])([^_]*[^\s_])_(?!\w)/, ([, text], server) => make('em', ...inline(text, server))],
];
/** Longer lines are plain text, because each mark in a line may look through all of it. */
const LINE_MAX = 4_000;

function inline(text, server) {
  if (text.length > LINE_MAX) return [text];
  const found = [];
  let plain = '';
  for (let at = 0; at < text.length;) {
    const mark = /[\\`![<h*_~]/.test(text[at]) && !(/[h_]/.test(text[at]) && /\w/.test(text[at - 1] ?? ''));
    const rest = mark ? text.slice(at) : '';
    const span = mark && SPANS.map(([pattern, show]) => [pattern.exec(rest), show]).find(([match]) => match);
    if (span) {
      if (plain) found.push(plain);
      plain = '';
      found.push(span[1](span[0], server));
      at += span[0][0].length;
    } else plain += text[at++];
  }
  if (plain) found.push(plain);
  return found;
}

function address(url) {
  try {
    const found = new URL(url);
    return ['https:', 'http:', 'mailto:'].includes(found.protocol) ? found : null;
  } catch { return null; }
}

/** A link shows where it leads. One that leads nowhere safe is its text. */
function link(children, text, url) {
  const found = address(url);
  if (!found) return make('span', ...children);
  const node = make('a', ...children);
  node.href = found.href;
  node.target = '_blank';
  node.rel = 'noopener noreferrer nofollow';
  if (!found.host || text.includes(found.host)) return node;
  const host = make('span', ` (${found.host})`);
  host.className = 'host';
  return make('span', node, host);
}

/** A picture of our server. Others are links, because a picture asks its server. */
function picture(text, url, server) {
  const found = address(url);
  if (found?.origin !== server) return link([text || url], text || url, url);
  const node = make('img');
  node.alt = text;
  node.loading = 'lazy';
  node.src = found.href;
  return node;
}

/** The text without a last line that may become a fence, which would flicker. */
export function heldBack(text) {
  const start = text.lastIndexOf('\n') + 1;
  return /^[`~]+$/.test(text.slice(start)) ? text.slice(0, start) : text;
}
