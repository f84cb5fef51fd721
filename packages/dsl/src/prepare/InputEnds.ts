/** The least and the largest prepared input of each part, and where they are. */

import type { FittedInput } from "@adjoint/core/data/Fitted"
import { type Arrays, arrayOf, columnNames, inputsOf } from "@adjoint/core/data/PreprocessTree"
import type { Facts, InputEnds, Rows, Seen } from "./Facts.ts"
import type { Prepared } from "./Prepared.ts"

/** The ends of one part of an input; of equal numbers the first. */
const endsOf = (
  part: keyof Rows,
  name: string,
  input: FittedInput,
  { origins, ...parts }: Prepared<Arrays>,
): InputEnds | undefined => {
  const dataset = parts[part]
  if (dataset === undefined) return undefined
  const columns = columnNames(input)
  const { data, shape } = arrayOf(dataset.inputs, name)
  const width = data.length / Math.max(1, shape[0] ?? 1)
  const origin = origins[part]
  const seen = (i: number): Seen => {
    const source = origin?.rows[Math.floor(i / width)] ?? 0
    const line = origin?.line?.(source)
    const column = columns?.[i % columns.length]
    const place = line === undefined ? `row ${source + 1}` : `line ${line}`
    return { value: data[i] ?? 0, place, ...(column === undefined ? {} : { column }) }
  }
  let [least, largest, fraction] = [0, 0, -1]
  for (let i = 0; i < data.length; i++) {
    const value = data[i] ?? 0
    if (value < (data[least] ?? 0)) least = i
    if (value > (data[largest] ?? 0)) largest = i
    if (fraction < 0 && !Number.isInteger(value)) fraction = i
  }
  return data.length === 0
    ? undefined
    : { least: seen(least), largest: seen(largest), ...(fraction < 0 ? {} : { fraction: seen(fraction) }) }
}

/** The ends of all parts of every input. */
export const inputEnds = (prepared: Prepared<Arrays>): Required<Pick<Facts, "inputEnds">> => ({
  inputEnds: Object.fromEntries(
    inputsOf(prepared.fitted).map(([name, input]) => [
      name,
      Object.fromEntries(
        (["train", "val", "test"] as const).flatMap((part) => {
          const ends = endsOf(part, name, input, prepared)
          return ends === undefined ? [] : [[part, ends] as const]
        }),
      ),
    ]),
  ),
})
