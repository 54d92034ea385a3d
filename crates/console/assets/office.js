
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
