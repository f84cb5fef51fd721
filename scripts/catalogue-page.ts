/**
 * docs/catalogue.md, read off the tables: `node scripts/catalogue-page.ts` writes it anew. What stands between the
 * tables is said here.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Found, find, sections } from "../packages/cli/src/explain/Entries.ts"

const intro = `# The catalogue

Everything that has a name: what a [model file](model-file.md) may say, and what the tables of \`@adjoint/core\` hold. A name is one row of a table (its documentation, its options, and the function that makes it), and the file's schema, this page and the laws that tests hold it to are read off that row. \`adjoint explain NAME\` tells the options, when to use it and what to beware of; \`adjoint plot NAME\` draws an activation with its derivative.

\`\`\`ts
import { Activation, Entry, Tensor } from "@adjoint/core"

const leaky = Entry.make(Activation.table, { name: "leaky_relu", options: { alpha: 0.1 } })
Tensor.print(leaky.apply(Tensor.make([-1, 2]))) // => "[-0.1, 2]"
Tensor.print(Activation.gelu(Tensor.make([-1, 2]))) // => "[-0.15866, 1.9545]"
\`\`\`

This page is written by \`node scripts/catalogue-page.ts\`.`

/** What is to be said of a table before it. */
const notes: { readonly [noun: string]: string } = {
  activation: `z is what the layer before makes. At a kink the derivative is the one PyTorch takes. Values and derivatives are held to PyTorch's in doubles, to differences, and on the engine to the definition, up to |z| = 10,000. An activation is a layer too: \`- relu\`.

Of \`prelu\` the slopes are learned, one for the layer, each channel or each unit; decay and penalties leave them alone. \`rrelu\` draws its slopes from the run's key while it trains, so it is applied as a layer, with a mode and a key. \`glu\` and \`swiglu\` halve the last axis: \`dense: { units: 64, activation: glu }\` gives 32 numbers.`,
  initializer: `\`fan_in\` and \`fan_out\` say how many inputs an output is made of, and into how many outputs an input goes:

| weights         | shape                            | fan_in            | fan_out          |
| --------------- | -------------------------------- | ----------------- | ---------------- |
| a dense layer's | \`[in, out]\`                      | in                | out              |
| a convolution's | \`[...window, channels, filters]\` | channels × window | filters × window |

The gain makes up for what the activation that follows does to the size of signals: 1 for linear units and sigmoid, 5/3 for tanh, √2 for relu and its smooth relatives, √(2 / (1 + α²)) for leaky ones, 3/4 for selu. \`auto\` takes both from the activation. Draws are the same on every machine; \`orthogonal\` is made of products and sums alone.`,
}

const headings: { readonly [noun: string]: string } = {
  loss: "Losses",
  activation: "Activations",
  "setting of a training": "Settings of a training",
}

const heading = (noun: string): string => headings[noun] ?? `${noun.charAt(0).toUpperCase()}${noun.slice(1)}s`

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("*", "\\*").replaceAll("<", "&lt;")

/** How many places a text takes on a line: an accent takes none of its own. */
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
