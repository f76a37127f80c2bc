// Comfort only: every page works without this file, and nothing here decides anything.
"use strict";

(() => {
  const say = document.currentScript.dataset;
  const language = document.documentElement.lang;

  // A form that was sent says so, and is not sent twice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    const button = event.submitter;
    if (!button || !button.classList.contains("button")) return;
    // Not `disabled`: that would take the button's own value out of what is sent.
    button.setAttribute("aria-disabled", "true");
    button.dataset.said = button.textContent;
    button.textContent = say.waiting;
  });

  // Back from the next page by the browser's own button: everything can be sent again.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    for (const button of document.querySelectorAll("button[data-said]")) {
      button.textContent = button.dataset.said;
      button.removeAttribute("aria-disabled");
    }
  });

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  // Until when something is possible: `data-closes-at` is the moment, and what is left of it is added.
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

  function left(seconds) {
    const at = units.findIndex(([, size]) => seconds >= size);
    const parts = [];
    let rest = seconds;
    for (const [unit, size] of units.slice(Math.max(at, 0), at + 2)) {
      const count = Math.floor(rest / size);
      rest -= count * size;
      if (count) parts.push(new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count));
    }
    return parts.join(" ");
  }

  function count(element) {
    const seconds = Math.floor((Date.parse(element.dataset.closesAt) - Date.now()) / 1000);
    if (Number.isNaN(seconds)) return;
    element.lastElementChild.textContent = seconds > 0 ? ` (${say.left.replace("{time}", left(seconds))})` : ` ${say.over}`;
    if (seconds > 0) window.setTimeout(count, seconds > 7200 ? 60000 : 1000, element);
  }

  for (const element of document.querySelectorAll("[data-closes-at]")) {
    element.append(document.createElement("span"));
    count(element);
  }

  // What a choice of items gives back, as the server judges and counts it; the same stands on the next page.
  function estimate(form) {
    const card = make("section", "card");
    const details = make("div");
    const total = make("p", "estimate__total");
    total.setAttribute("role", "status");
    card.hidden = true;
    card.append(make("h2", "", say.comesBack), details, total);
    form.querySelector(".actions").before(card);
    let asked = "";
    let timer = 0;
    let waiting = null;

    async function ask() {
      const ticked = [...form.querySelectorAll("input[name=item]:checked")];
      const items = ticked.map(({ value }) => {
        const pieces = form.elements[`quantity-${value}`]?.value;
        return pieces ? `${value}:${pieces}` : value;
      });
      const query = new URLSearchParams({ items: items.join(","), as_loyalty: form.elements.as_loyalty?.checked ? "1" : "0" });
      if (`${query}` === asked) return;
      asked = `${query}`;
      waiting?.abort();
      if (!items.length) {
        card.hidden = true;
        total.textContent = "";
        return;
      }
      waiting = new AbortController();
      card.hidden = false;
      card.setAttribute("aria-busy", "true");
      try {
        const headers = { Accept: "application/json", "Accept-Language": language };
        const answer = await fetch(`${form.dataset.options}?${query}`, { headers, signal: waiting.signal });
        if (!answer.ok) throw new Error(answer.status);
        show((await answer.json()).choice);
      } catch (error) {
        if (error.name === "AbortError") return;
        card.hidden = true; // the next page says it anyway
        asked = "";
      }
    }

    function show(choice) {
      const found = choice.estimate;
      const rows = found ? [...found.parts, ...found.routes] : [];
      const list = make("dl", "totals");
      for (const { message, text } of rows) {
        const row = make("div");
        row.append(make("dt", "", message), make("dd", "", text));
        list.append(row);
      }
      const why = [...choice.refusals, ...choice.because].map(({ message }) => make("p", "quiet", message));
      details.replaceChildren(...(rows.length ? [list] : []), ...why);
      total.textContent = found ? `${say.total}: ${found.text}` : "";
      card.removeAttribute("aria-busy");
    }

    form.addEventListener("input", () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(ask, 250);
    });
    ask();
  }

  function make(name, className = "", text = "") {
    const element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    return element;
  }

  for (const form of document.querySelectorAll("form[data-options]")) estimate(form);

  // Places: a choice brings the lists below it, as the button beside them does.
  async function places(event) {
    const select = event.target;
    const form = select.form;
    const body = new FormData(form);
    body.set("step", "places");
    form.querySelector("[data-places]").setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-places]");
      if (!fresh) return;
      form.querySelector("[data-places]").replaceWith(document.importNode(fresh, true));
      watch(form.querySelector("[data-places]"));
      document.getElementById(select.id).focus();
    } catch {
      // Out of reach: the button is there again.
      form.querySelector("[data-places-next]").hidden = false;
      form.querySelector("[data-places]").removeAttribute("aria-busy");
    }
  }

  function watch(fieldset) {
    fieldset.querySelector("[data-places-next]").hidden = true;
    for (const select of fieldset.querySelectorAll("select")) select.addEventListener("change", places);
  }

  for (const fieldset of document.querySelectorAll("[data-places]")) watch(fieldset);
})();
