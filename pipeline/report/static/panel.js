// The panel on Airflow's home page: the last night in one line. React and the design come from Airflow, so nothing is built.
const { createElement: h, useEffect, useState } = globalThis.React;

const plural = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

const Panel = () => {
  const [night, setNight] = useState(null);
  useEffect(() => {
    fetch(new URL("latest.json", import.meta.url), { credentials: "same-origin" })
      .then((answer) => (answer.ok ? answer.json() : null))
      .then(setNight, () => setNight(null));
  }, []);
  if (!night?.run_date) return null;
  const told = [
    plural(night.articles, "article"),
    plural(night.copies, "copy", "copies"),
    plural(night.dropped_blocks, "line dropped", "lines dropped"),
    plural(night.rejects, "rejected", "rejected"),
  ].join(" · ");
  const failed = night.failed_checks ? ` · ${plural(night.failed_checks, "failed check")}` : "";
  const link = { href: new URL("plugin/copydesk", document.baseURI).href, style: { textDecoration: "underline" } };
  return h("section", { style: { padding: "1rem 0" }, "aria-label": "Copydesk" },
    h("h2", { style: { fontWeight: 600 } }, `Copydesk: the night of ${night.run_date}`),
    h("p", null, told, failed && h("strong", null, failed), " · ", h("a", link, "Open the report")));
};

globalThis.Copydesk = Panel; // Airflow looks for the name of the plug-in's app
