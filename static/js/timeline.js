/* Through a cart's history with [ and ]; the links do the same without. */
addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.matches('input, textarea, select')) return;
  const step = document.querySelector(`[data-key="${CSS.escape(e.key)}"]`);
  if (step) step.click();
});
