/* Ctrl+K or ⌘K opens the jump in a dialog; arrows walk through what was found. Without JavaScript the link leads to its page. */
const opener = document.getElementById('jump-open'), box = document.getElementById('jump');
if (opener && box?.showModal) {
  const key = opener.querySelector('kbd'), mac = /Mac|iPhone|iPad/.test(navigator.platform);
  key.textContent = mac ? '⌘K' : 'Ctrl+K';
  key.hidden = false;
  const open = () => { if (!box.open) box.showModal(); box.querySelector('input').select(); };
  opener.addEventListener('click', e => { if (!e.ctrlKey && !e.metaKey && !e.shiftKey) { e.preventDefault(); open(); } });
  addEventListener('keydown', e => {
    if (e.key.toLowerCase() === 'k' && (e.ctrlKey || e.metaKey) && !e.shiftKey && !e.altKey) { e.preventDefault(); open(); }
  });
  box.addEventListener('click', e => { if (e.target === box) box.close(); });
  box.addEventListener('keydown', e => {
    const stops = [box.querySelector('input'), ...box.querySelectorAll('.found a')];
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) { e.preventDefault(); stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus(); }
    if (e.key === 'Enter' && e.target === stops[0] && stops.length === 2) { e.preventDefault(); stops[1].click(); }
  });
}
