/* Adds a "Show" button to each new password. Without JavaScript the field is an ordinary one. */
for (const input of document.querySelectorAll('input[autocomplete$="-password"][data-show]')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'btn btn-quiet btn-sm reveal';
  button.setAttribute('aria-controls', input.id);
  const say = shown => {
    button.textContent = shown ? input.dataset.hide : input.dataset.show;
    input.type = shown ? 'text' : 'password';
  };
  button.addEventListener('click', () => say(input.type === 'password'));
  input.form.addEventListener('submit', () => say(false));      /* password managers look at the type */
  say(false);
  input.after(button);                                          /* after it: Tab goes from the address to the password */
}
