/* A button beside an order's number that copies it. Without JavaScript the number is text like any other. */
const number = document.querySelector('.copy-me');
if (number && navigator.clipboard) {
  const button = document.getElementById('copy-number');
  if (button) {
    button.hidden = false;
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(number.textContent);
      button.lastElementChild.textContent = button.dataset.done;
    });
  }
}
