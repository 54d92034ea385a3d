// The style of the panel, for a constructed sheet. Lengths are in px: the page decides what a rem is.
export const STYLE = `
.panel {
  --raised:#fff; --sunk:#f4f2ef; --line:#e0deda; --edge:#89867e; --ink:#1c1f25; --ink-2:#545860; --ink-3:#676c74;
  --person:#106c3e; --person-soft:#e1f7e7; --wait-soft:#fff0d0; --bad:#b32322; --link:#1e5ba1;
  --own:var(--accent, #1e5ba1); --on-own:var(--on-accent, #fff);
  --sans:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif; --mono:ui-monospace,"SF Mono","Cascadia Mono","Noto Sans Mono",monospace;
  box-sizing: border-box; position: fixed; bottom: 92px; right: 20px; width: 384px; height: min(640px, calc(100vh - 112px));
  display: grid; grid-template-rows: auto minmax(0, 1fr) auto; overflow: hidden; color: var(--ink); background: var(--raised);
  font: 400 15px/22px var(--sans); border-radius: 16px; text-align: start; font-variant-numeric: tabular-nums;
  box-shadow: 0 0 0 1px var(--line), 0 2px 6px rgb(0 0 0 / 6%), 0 16px 48px rgb(0 0 0 / 18%);
}
@media (prefers-color-scheme: dark) {
  .panel {
    --raised:#1c1e22; --sunk:#282b31; --line:#33373e; --edge:#7d828a; --ink:#e9ebef; --ink-2:#b4b8c0; --ink-3:#a3a7ae;
    --person:#81d39f; --person-soft:#1b3526; --wait-soft:#372813; --bad:#f98f87; --link:#8fc1fa;
    --own:var(--accent, #79b5f8); --on-own:var(--on-accent, #11161f);
  }
}
:host([position=left]) .panel { right: auto; left: 20px; }
.panel *, .panel *::before { box-sizing: border-box; }
.panel :is(p, ul, ol, pre, blockquote, h2) { margin: 0; }
.panel button, .panel input, .panel textarea { font: inherit; color: inherit; }
.panel button { all: unset; box-sizing: border-box; font: inherit; cursor: pointer; }
.panel :is(button, textarea, input, a, pre, [tabindex]):focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 8px; }
.panel svg { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; display: block; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.top { display: flex; align-items: center; gap: 8px; padding: 14px 12px 13px 20px; border-bottom: 1px solid var(--line); }
.top > div { flex: 1; min-width: 0; }
.top h2 { font-size: 16px; line-height: 22px; font-weight: 650; letter-spacing: -0.015em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.who { display: flex; align-items: center; gap: 7px; font-size: 13px; line-height: 18px; color: var(--ink-2); }
.who::before { content: ""; flex: none; width: 7px; height: 7px; border-radius: 50%; background: var(--own); }
.who.is-person::before { background: var(--person); }
.who.is-lost::before { background: none; border: 2px solid var(--edge); }
.panel .icon { display: grid; place-items: center; width: 36px; height: 36px; flex: none; border-radius: 10px; color: var(--ink-2); }
.panel .icon:hover { background: var(--sunk); color: var(--ink); }

.middle { position: relative; display: grid; min-height: 0; }
.log { overflow-y: auto; overscroll-behavior: contain; padding: 16px 16px 8px; display: flex; flex-direction: column; outline-offset: -4px !important; background: var(--raised); }
.log > :first-child { margin-top: auto; }
.group { display: flex; flex-direction: column; align-items: flex-start; gap: 3px; margin-bottom: 14px; }
.group .name { font-size: 12px; line-height: 16px; font-weight: 600; color: var(--ink-2); padding: 0 4px 2px; }
.by-person .name { color: var(--person); }
.by-visitor { align-items: flex-end; }
.bubble-text { max-width: 88%; padding: 9px 14px; border-radius: 16px; background: var(--sunk); overflow-wrap: anywhere; min-width: 0; }
.by-visitor .bubble-text { background: var(--own); color: var(--on-own); white-space: pre-wrap; border-end-end-radius: 5px; max-width: 82%; }
.by-assistant .bubble-text { border-end-start-radius: 5px; }
.by-person .bubble-text { background: var(--person-soft); border-end-start-radius: 5px; }
.under { font-size: 12px; line-height: 16px; color: var(--ink-2); padding: 1px 4px 0; }
.under time { color: var(--ink-3); }
.under.is-bad { color: var(--bad); }
.under button { color: var(--link); text-decoration: underline; text-underline-offset: 2px; padding: 4px; margin: -4px 0; font-weight: 600; }
.panel .line { display: flex; align-items: center; gap: 12px; margin: 4px 0 16px; font-size: 12px; line-height: 16px; color: var(--ink-2); }
.line::before, .line::after { content: ""; flex: 1; height: 1px; background: var(--line); }
.line.is-person { color: var(--person); }
.log .earlier { align-self: center; font-size: 13px; line-height: 18px; color: var(--link); padding: 6px 12px; margin-bottom: 8px; border-radius: 16px; }
.typing { font-size: 13px; line-height: 18px; color: var(--ink-2); padding: 0 4px 8px; }
.panel .jump { position: absolute; bottom: 10px; left: 50%; transform: translateX(-50%); padding: 6px 14px; border-radius: 16px; background: var(--raised); font-size: 13px; line-height: 18px; font-weight: 600; box-shadow: 0 0 0 1px var(--edge), 0 4px 14px rgb(0 0 0 / 16%); }
.drop { position: absolute; inset: 8px; display: grid; place-items: center; border: 2px dashed var(--edge); border-radius: 12px; background: var(--raised); font-weight: 600; color: var(--ink-2); }

.rich { display: grid; gap: 8px; grid-template-columns: minmax(0, 1fr); }
.rich a { color: var(--link); text-underline-offset: 2px; }
.rich .host { color: var(--ink-2); }
.rich code { font-family: var(--mono); font-size: 13px; background: rgb(127 127 127 / 16%); border-radius: 4px; padding: 1px 4px; }
.rich pre { padding: 10px 12px; background: rgb(127 127 127 / 12%); border-radius: 8px; overflow: auto; font-size: 13px; line-height: 19px; }
.rich pre code { background: none; padding: 0; }
.rich ul, .rich ol { padding-inline-start: 20px; display: grid; gap: 3px; }
.rich blockquote { padding-inline-start: 10px; border-inline-start: 2px solid var(--edge); color: var(--ink-2); }
.rich hr { border: 0; border-top: 1px solid var(--line); margin: 0; }
.rich img { max-width: 100%; border-radius: 8px; }
.wide { overflow-x: auto; }
.rich table { border-collapse: collapse; font-size: 13px; line-height: 18px; }
.rich th, .rich td { text-align: start; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.rich th { font-weight: 600; }
.growing > .rich > :last-child::after { content: ""; display: inline-block; width: 2px; height: 1em; margin-inline-start: 3px; vertical-align: -0.15em; background: var(--own); }
.file { display: flex; gap: 8px; align-items: center; font-size: 13px; line-height: 18px; }
.file svg { flex: none; width: 16px; height: 16px; }

.bottom { border-top: 1px solid var(--line); padding: 10px 12px 12px; background: var(--raised); }
.bar { font-size: 13px; line-height: 18px; padding: 7px 12px; margin-bottom: 8px; border-radius: 10px; background: var(--wait-soft); }
.composer { display: flex; align-items: flex-end; gap: 4px; border: 1px solid var(--edge); border-radius: 14px; padding: 3px; background: var(--raised); }
.composer:focus-within { border-color: var(--link); box-shadow: 0 0 0 1px var(--link); }
.panel textarea { flex: 1; min-width: 0; resize: none; border: 0; background: none; padding: 7px 8px; margin: 0; height: 36px; max-height: 140px; font-size: 16px; line-height: 22px; outline: none !important; }
.panel ::placeholder { color: var(--ink-3); opacity: 1; }
.panel .send { display: grid; place-items: center; width: 36px; height: 36px; flex: none; border-radius: 11px; background: var(--own); color: var(--on-own); }
.panel .send[aria-disabled=true] { background: var(--sunk); color: var(--ink-2); cursor: default; }
.panel .ask { margin-top: 6px; font-size: 13px; line-height: 18px; color: var(--ink-2); padding: 3px 6px; border-radius: 8px; text-decoration: underline; text-underline-offset: 3px; text-decoration-color: var(--edge); }
.panel .ask:hover { color: var(--ink); }
.files:not(:empty) { display: flex; flex-wrap: wrap; gap: 6px; padding-bottom: 8px; }
.chip { display: flex; align-items: center; gap: 6px; max-width: 100%; padding: 3px 4px 3px 10px; border-radius: 10px; background: var(--sunk); font-size: 13px; line-height: 18px; }
.chip span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.panel .chip button { display: grid; place-items: center; width: 24px; height: 24px; }
.chip progress { width: 48px; height: 6px; accent-color: var(--own); }
.chip button svg { width: 14px; height: 14px; }
.contact { display: grid; grid-template-columns: 2fr 3fr; gap: 8px; padding: 2px 4px 14px; }
.contact > :not(label) { grid-column: 1 / -1; }
.contact strong { font-weight: 600; }
.contact label:only-of-type { grid-column: 1 / -1; }
.contact label { display: grid; gap: 2px; font-size: 13px; line-height: 18px; color: var(--ink-2); }
.panel .contact input { width: 100%; min-height: 40px; padding: 6px 10px; border: 1px solid var(--edge); border-radius: 9px; background: var(--raised); color: var(--ink); font-size: 16px; margin: 0; }
.contact .consent { font-size: 12px; line-height: 16px; color: var(--ink-2); }
.contact div { display: flex; gap: 8px; }
.contact .problem:empty { display: none; }
.panel .contact button { padding: 8px 16px; border-radius: 9px; font-weight: 600; font-size: 14px; line-height: 20px; color: var(--ink-2); }
.panel .contact .strong { background: var(--own); color: var(--on-own); }
.contact .problem { color: var(--bad); font-size: 13px; line-height: 18px; }

.panel.is-page { position: fixed; inset: 0; width: auto; height: auto; border-radius: 0; box-shadow: none; }
.is-page > * { width: 100%; max-width: 720px; margin-inline: auto; }
@media (max-width: 600px) {
  .panel { inset: 0 !important; width: auto; height: 100vh; height: var(--seen, 100dvh); border-radius: 0; box-shadow: none; padding-bottom: env(safe-area-inset-bottom); }
  .top { padding-top: max(12px, env(safe-area-inset-top)); }
  .panel .icon, .panel .send { width: 44px; height: 44px; }
  .panel textarea { height: 44px; padding-block: 11px; }
  .panel .ask, .panel .jump, .log .earlier { min-height: 44px; display: flex; align-items: center; }
  .panel .chip button { width: 32px; height: 32px; }
}
@media (prefers-reduced-motion: no-preference) {
  .panel { animation: appear 120ms ease-out; }
  @keyframes appear { from { opacity: 0; transform: translateY(8px); } }
}
@media (forced-colors: active) {
  .panel, .bubble-text, .panel .send { border: 1px solid; }
}
`;
