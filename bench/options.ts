/** The options of the benchmark: what they mean, and what to measure by them. */
import { parseArgs } from "node:util"
import { contenders } from "./contenders.ts"
import { type Plan, plans } from "./plan.ts"
import { type Section, sections } from "./rows.ts"

/** The sections without rows: the delays of the event loop, and sizes. */
const [delays, sizes] = ["eventloop", "bundles"] as const

const keys: ReadonlyArray<string> = [...sections.map(({ key }) => key), delays, sizes]

export const help = `pnpm bench [options]

Measures Adjoint and its alternatives on this machine, in about twenty minutes, and prints the tables.

  --rows steps,epoch        some sections: ${keys.slice(0, 7).join(", ")},
                            ${keys.slice(7).join(", ")}
  --rows models:lstm        the rows of a section whose names contain a text
  --peers PyTorch,jax-js    only peers with these prefixes; none: Adjoint alone
  --patience 60             the seconds that each row may take longer on a busy machine
  --quick                   measures everything once, as a test: the figures are not meaningful
  --out folder              writes to this folder
  --readme                  measures nothing: the repository's README quotes the newest record
  --help, -h                prints this
`

/** Options that mean nothing. The message says what is wrong and what to try. */
export class UsageError extends Error {
  override readonly name = "UsageError"
}

/** What to do. */
export type Options =
  | { readonly does: "help" }
  | { readonly does: "readme" }
  | {
      readonly does: "measure"
      /** The sections to measure, each with its plan. */
      readonly sections: ReadonlyArray<Section>
      readonly delays: boolean
      readonly bundles: boolean
      readonly quick: boolean
      /** Whether it measures all that a record has. */
      readonly isRecord: boolean
      readonly out: string | undefined
    }

/** The sections of `steps,models:lstm`: all rows of a section, or those whose names contain a text. */
const choose = (
  asked: ReadonlyArray<string>,
): { readonly sections: ReadonlyArray<Section>; readonly delays: boolean; readonly bundles: boolean } => {
  const wanted = asked.map((key) => {
    const [name = "", text = ""] = key.split(":")
    if (!keys.includes(name)) throw new UsageError(`--rows: there is no section "${name}"; there are ${keys.join(", ")}`)
    const rows = sections.find((section) => section.key === name)?.rows ?? []
    if (text !== "" && !rows.some((row) => row.name.toLowerCase().includes(text.toLowerCase())))
      throw new UsageError(`--rows: no row of ${name} contains "${text}"; there are ${rows.map((row) => row.name).join("; ")}`)
    return { name, text: text.toLowerCase() }
  })
  const chosen = sections.map((section) => ({
    ...section,
    rows: section.rows.filter((row) =>
      wanted.some(({ name, text }) => name === section.key && row.name.toLowerCase().includes(text)),
    ),
  }))
  const has = (key: string): boolean => wanted.some(({ name }) => name === key)
  return { sections: chosen.filter(({ rows }) => rows.length > 0), delays: has(delays), bundles: has(sizes) }
}

/** A section with only the peers whose labels start with one of these. */
const against = (names: ReadonlyArray<string>): ((section: Section) => Section) => {
  const labels = Object.values(contenders).map(({ label }) => label)
  for (const name of names)
    if (name !== "none" && !labels.some((label) => label.startsWith(name)))
      throw new UsageError(`--peers: no label starts with "${name}"; there are ${labels.join("; ")}; or none`)
  return (section) => ({
    ...section,
    rows: section.rows.map((row) => ({
      ...row,
      peers: row.peers.filter(({ label }) => names.some((name) => label.startsWith(name))),
    })),
  })
}

const secondsOf = (text: string): number => {
  const seconds = Number(text)
  if (text.trim() === "" || !Number.isFinite(seconds) || seconds < 0)
    throw new UsageError(`--patience: "${text}" is not a number of seconds; try --patience 60`)
  return seconds
}

const parsed = (args: ReadonlyArray<string>) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        peers: { type: "string" },
        rows: { type: "string" },
        patience: { type: "string" },
        quick: { type: "boolean", default: false },
        out: { type: "string" },
        readme: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values
  } catch (error) {
    // Node explains what is wrong, and then how to pass text that looks like an option, which no option here takes.
    const [said] = (error instanceof Error ? error.message : String(error)).split(". ")
    throw new UsageError(`${said}; --help lists the options`)
  }
}

/** The options of a command line. Throws `UsageError`. */
export const optionsOf = (args: ReadonlyArray<string>): Options => {
  const { help, out, patience, peers, quick, readme, rows } = parsed(args)
  if (help) return { does: "help" }
  if (readme) return { does: "readme" }
  const chosen = rows === undefined ? { sections, delays: true, bundles: true } : choose(rows.split(","))
  const compared = peers === undefined ? chosen.sections : chosen.sections.map(against(peers.split(",")))
  const seconds = patience === undefined ? undefined : secondsOf(patience)
  /** A run of some rows repeats none of them unless it is asked to. */
  const planOf = ({ plan }: Section): Plan => {
    if (quick) return plans.quick
    if (seconds !== undefined) return { ...plan, patience: 1000 * seconds }
    return rows === undefined ? plan : { ...plan, patience: 0 }
  }
  return {
    does: "measure",
    sections: compared.map((section) => ({ ...section, plan: planOf(section) })),
    delays: chosen.delays,
    bundles: chosen.bundles,
    quick,
    isRecord: !quick && rows === undefined && peers === undefined,
    out,
  }
}
