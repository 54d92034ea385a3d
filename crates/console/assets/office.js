
// The administration: what its pages add by a script.
{
  // A button beside each text to copy, where the browser lets pages write to its clipboard.
  for (const text of navigator.clipboard ? document.querySelectorAll('[data-copy]') : []) {
    const frame = document.createElement('div');
    frame.className = 'copy-frame';
    text.replaceWith(frame);
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Copy';
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(text.textContent.trim());
      button.textContent = 'Copied';
    });
    frame.append(text, button);
  }
}

{
  // The requests that arrive, while somebody looks.
  const EVERY_MS = 2_000;
  const again = async () => {
    const shown = document.getElementById('requests');
    const isBusy = shown.contains(document.activeElement) || !getSelection().isCollapsed;
    if (document.visibilityState === 'visible' && !isBusy) {
      const answer = await fetch(shown.dataset.again).catch(() => null);
      if (answer?.status === 401) { location.reload(); return; }
      if (answer?.ok) {
        const fresh = content(await answer.text()).firstElementChild;
        if (fresh.textContent !== shown.textContent) shown.replaceWith(fresh);
      }
    }
    setTimeout(again, EVERY_MS);
  };
  if (document.getElementById('requests')) setTimeout(again, EVERY_MS);
}
