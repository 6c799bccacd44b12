"use strict";

/* Asks for the token, and loads the page's parts with it. It is kept until the tab is closed. */
(() => {
  const key = "herdflow-token";
  const form = document.getElementById("form");
  const message = document.getElementById("message");

  async function load(path, token) {
    const answer = await fetch(path, { headers: { Authorization: `Bearer ${token}` } });
    if (answer.status === 401) throw new Error("That is not the token.");
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}.`);
    return answer.blob();
  }

  function run(script) {
    return new Promise((resolve, reject) => {
      const element = document.createElement("script");
      element.src = URL.createObjectURL(script);
      element.onload = resolve;
      element.onerror = () => reject(new Error("The browser did not run the page's script."));
      document.body.append(element);
    });
  }

  async function show(token) {
    const paths = ["/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/init.js"];
    const [css, bundle, init] = await Promise.all(paths.map((path) => load(path, token)));
    sessionStorage.setItem(key, token);
    form.hidden = true;
    const style = document.createElement("style");
    style.textContent = await css.text();
    document.head.append(style);
    await run(bundle);
    await run(init);
  }

  async function attempt(token) {
    try {
      await show(token);
    } catch (error) {
      sessionStorage.removeItem(key);
      message.textContent = error.message;
      form.hidden = false;
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(document.getElementById("token").value.trim());
  });
  const known = sessionStorage.getItem(key);
  if (known === null) {
    form.hidden = false;
  } else {
    attempt(known);
  }
})();
