/**
 * Generates the invented files of this folder: reviews of a café, and the electricity that two households use in an hour.
 *
 *     node examples/data/generate.ts
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Csv, Key, Tensor } from "@adjoint/core"

const write = (name: string, columns: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): void =>
  writeFileSync(join(import.meta.dirname, name), Csv.print({ columns, rows }))

const things = ["soup", "coffee", "cake", "bread", "tea", "waiter"]
const openings = ["The", "Honestly, the", "We think the"]
const closings = [".", "!", " today."]
const praise = ["good", "lovely", "warm", "great", "fresh", "wonderful"]
const blame = ["bad", "cold", "stale", "awful", "rude", "slow"]
/** What comes before a word, and whether it turns its meaning round. */
const turns = [
  ["was", false],
  ["was really", false],
  ["was so", false],
  ["was not", true],
  ["was never", true],
  ["wasn't", true],
] as const

/** Draws numbers of whole choices from a key: `pick(list)`. */
const drawing = (seed: number) => {
  const drawn = Tensor.read(Key.uniform(Key.make(seed), [4000])).data
  let at = 0
  return <A>(list: ReadonlyArray<A>): A => list[Math.floor((drawn[at++] ?? 0) * list.length)] as A
}

const pick = drawing(1)
/** Reviews by their texts, each once. */
const reviews = new Map<string, string>()
while (reviews.size < 300) {
  const isPraise = pick([true, false])
  const [turn, isTurned] = pick(turns)
  const text = `${pick(openings)} ${pick(things)} ${turn} ${pick(isPraise ? praise : blame)}${pick(closings)}`
  reviews.set(text, isPraise === isTurned ? "unhappy" : "happy")
}
write("reviews.csv", ["review", "guest"], [...reviews])

const days = 14
const noise = Tensor.read(Key.normal(Key.make(2), [2, days * 24, 2])).data
const energy = ["Elm 3", "Oak 7"].flatMap((household, h) =>
  Array.from({ length: days * 24 }, (_, i) => {
    const hour = i % 24
    const [first = 0, second = 0] = noise.subarray(2 * (h * days * 24 + i), 2 * (h * days * 24 + i) + 2)
    const temperature = 8 + 5 * Math.sin(((hour - 9) / 24) * 2 * Math.PI) + Math.sin(i / 10) + 0.5 * first
    const evening = Math.exp(-(((hour - 19) / 2.5) ** 2))
    const morning = 0.6 * Math.exp(-(((hour - 7) / 1.5) ** 2))
    const load = (h === 0 ? 0.4 : 0.7) + (h === 0 ? 1.2 : 0.9) * (evening + morning) + 0.03 * (15 - temperature) + 0.05 * second
    const day = String(1 + Math.floor(i / 24)).padStart(2, "0")
    return [`2026-03-${day}T${String(hour).padStart(2, "0")}:00`, household, temperature.toFixed(1), load.toFixed(3)]
  }),
)
write("energy.csv", ["hour", "household", "temperature", "load"], energy)
