/** How pictures look: one style sheet for all, in light and dark as the reader's screen is. */

const light = {
  paper: "#ffffff",
  ink: "#1f2328",
  soft: "#59636e",
  grid: "#e4e8ec",
  axis: "#8c959f",
  good: "#1a7f37",
  bad: "#cf222e",
  tones: ["#1f6feb", "#c2570c", "#1a7f37", "#8250df", "#bf3989", "#0a7ea4", "#7d5a00", "#57606a"],
}

const dark: typeof light = {
  paper: "#0d1117",
  ink: "#e6edf3",
  soft: "#9198a1",
  grid: "#21262d",
  axis: "#656c76",
  good: "#3fb950",
  bad: "#f85149",
  tones: ["#58a6ff", "#f0883e", "#3fb950", "#bc8cff", "#f778ba", "#39c5cf", "#d6b34c", "#8b949e"],
}

/** How many tones there are. */
export const tones = light.tones.length

const variables = ({ tones: own, ...named }: typeof light): string =>
  [...Object.entries(named).map(([name, value]) => `--${name}: ${value}`), ...own.map((value, i) => `--tone${i}: ${value}`)].join(
    "; ",
  )

/** The colours as custom properties of a selector. */
export const palette = (selector: string): string => `${selector} { ${variables(light)} }
@media (prefers-color-scheme: dark) { ${selector} { ${variables(dark)} } }
`

/** The rules of pictures; their colours are those of `palette`. */
export const rules = `.figure text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--soft) }
.figure .title { font-size: 16px; font-weight: 600; fill: var(--ink) }
.figure .panel { font-size: 13px; font-weight: 600; fill: var(--ink) }
.figure .key, .figure .word { fill: var(--ink) }
.figure .grid { stroke: var(--grid) }
.figure .axis { stroke: var(--axis) }
.figure .rule { stroke: var(--axis); stroke-dasharray: 4 4 }
.figure .line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round }
.figure .dashed { stroke-dasharray: 6 5 }
.figure image { image-rendering: pixelated }
`
