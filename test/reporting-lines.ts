/** examples/page, with a script that reports its lines when it has printed the last one. */
const reporting = `<script type="module">
  const lines = document.querySelector("#lines")
  const look = () =>
    /belongs|failed/.test(lines.textContent)
      ? fetch("/report", { method: "POST", body: JSON.stringify(lines.textContent.trim().split("\\n")) })
      : setTimeout(look, 20)
  look()
</script>`

export const reportingLines = (document: string): string => document.replace("</html>", `${reporting}</html>`)
