/**
 * Writes docs/catalogue.md from the tables of core: `node scripts/catalogue-page.ts`. The texts between the tables are here.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Found, find, sections } from "../packages/cli/src/explain/Entries.ts"

const intro = `# The catalogue

All names that a [model file](model-file.md) may use, from the tables of \`@adjoint/core\`. Each name is an entry of a table: its documentation, its options, and its constructor. The schema of model files, this page and the law tests are derived from it. \`adjoint explain NAME\` shows the options of an entry, when to use it and its pitfalls; \`adjoint plot NAME\` draws an activation with its derivative.

\`\`\`ts
import { Activation, Entry, Tensor } from "@adjoint/core"

const leaky = Entry.make(Activation.table, { name: "leaky_relu", options: { alpha: 0.1 } })
Tensor.print(leaky(Tensor.make([-1, 2]))) // => "[-0.1, 2]"
Tensor.print(Activation.gelu(Tensor.make([-1, 2]))) // => "[-0.15866, 1.9545]"
\`\`\`

\`node scripts/catalogue-page.ts\` writes this page.`

/** The text before a table. */
const notes: { readonly [noun: string]: string } = {
  activation: `z is the output of the layer before. At a kink the derivative is that of PyTorch. Tests compare values and derivatives with PyTorch's in doubles, with finite differences, and on the engine with the definition, up to |z| = 10,000. An activation is a layer too: \`- relu\`.

The slopes of \`prelu\` are parameters, one for the layer, each channel or each unit; weight decay and penalties do not apply to them. \`rrelu\` draws its slopes from the run's key while training, so it is applied as a layer, with a mode and a key. \`glu\` and \`swiglu\` halve the last axis: \`dense: { units: 64, activation: glu }\` gives 32 numbers.`,
  initializer: `\`fan_in\` is the number of inputs of an output, and \`fan_out\` the number of outputs of an input:

| weights         | shape                            | fan_in            | fan_out          |
| --------------- | -------------------------------- | ----------------- | ---------------- |
| a dense layer's | \`[in, out]\`                      | in                | out              |
| a convolution's | \`[...window, channels, filters]\` | channels × window | filters × window |

The gain compensates for the effect of the next activation on the size of signals: 1 for linear units and sigmoid, 5/3 for tanh, √2 for relu and its smooth relatives, √(2 / (1 + α²)) for leaky ones, 3/4 for selu. \`auto\` takes both from the activation. Draws are the same on every machine; \`orthogonal\` uses only products and sums.`,
}

const headings: { readonly [noun: string]: string } = {
  loss: "Losses",
  activation: "Activations",
  "setting of a training": "Settings of a training",
}

const heading = (noun: string): string => headings[noun] ?? `${noun.charAt(0).toUpperCase()}${noun.slice(1)}s`

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("*", "\\*").replaceAll("<", "&lt;")

/** The width of a text in columns: combining accents take none. */
const widthOf = (text: string): number => [...text.replaceAll(/\p{M}/gu, "")].length

const table = (header: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => widthOf(row[i] ?? ""))))
  const padded = (text: string, i: number) => text + " ".repeat((widths[i] ?? 0) - widthOf(text))
  const line = (cells: ReadonlyArray<string>) => `| ${cells.map(padded).join(" | ")} |`
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n")
}

const nameOf = ({ name, section }: Found): string => {
  const others = Object.entries(section.entries).flatMap(([other, { alias }]) => (alias === name ? [`\`${other}\``] : []))
  return [`\`${name}\``, ...others].join(", ")
}

const optionsOf = ({ entry: { options } }: Found): string =>
  Object.entries(options)
    .map(([name, option]) => (option.default === undefined ? `\`${name}\`` : `\`${name}\` ${[option.default].flat(2).join(" ")}`))
    .join(", ")

const section = ({ entries, noun }: (typeof sections)[number]): string => {
  const found = Object.keys(entries).flatMap((name) => find(name).filter((each) => each.section.noun === noun))
  const rows = found.filter(({ entry }) => entry.alias === undefined)
  const hasDerivatives = rows.some(({ entry }) => entry.derivative !== undefined)
  const header = ["name", "what it is", "formula", ...(hasDerivatives ? ["derivative"] : []), "options"]
  const cells = rows.map((each) => [
    nameOf(each),
    cell(each.entry.doc),
    cell(each.entry.formula),
    ...(hasDerivatives ? [cell(each.entry.derivative ?? "")] : []),
    optionsOf(each),
  ])
  return [`## ${heading(noun)}`, ...(notes[noun] === undefined ? [] : [notes[noun]]), table(header, cells)].join("\n\n")
}

/** The text of the page. */
export const page = (): string => `${[intro, ...sections.map(section)].join("\n\n")}\n`

if (import.meta.main) writeFileSync(join(import.meta.dirname, "../docs/catalogue.md"), page())
