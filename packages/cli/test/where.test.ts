/** The conditions of a search, at points whose columns are prepared in another way. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { preview } from "@adjoint/dsl/prepare/Preview"
import { openWith, withFacts } from "@adjoint/dsl/Read"
import { fromText } from "@adjoint/dsl/source/Source"
import { variants } from "@adjoint/dsl/space/Variants"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { expect, test } from "vitest"
import { foreseen } from "../src/study/Foreseen.ts"

const text = `schema: 1
data:
  source: t.csv
  columns:
    colour: { $search: [category, ignore], default: ignore }
    size: { $search: [{ type: number, missing: { $search: [mean, indicator], default: mean } }, category], default: number }
    y: { type: number, role: target }
  split: { train: 60%, val: 40%, seed: 1 }
model: { layers: [{ dense: { $search: [1, 4], default: 1 } }, { head: y }] }
train: { batch: 8 }
search: { where: "model.params < 20" }
`

test("the sizes of a net follow from the names in the data, which are looked at before the search", async () => {
  const directory = mkdtempSync(join(tmpdir(), "adjoint-where-"))
  const rows = Array.from({ length: 20 }, (_, i) => `${["red", "green", "blue"][i % 3]},${(i % 4) + 1},${i}`)
  writeFileSync(join(directory, "t.csv"), `colour,size,y\n${rows.join("\n")}\n`)
  const kept = await Effect.gen(function* () {
    const opened = Result.getOrThrow(openWith(fromText("m.yaml", text), []))
    const known = yield* preview(opened.sections, directory)
    const reading = withFacts(opened, known)
    expect(reading.diagnostics.filter(({ severity }) => severity === "error")).toEqual([])
    const { document, searched } = reading
    if (document === undefined || searched === undefined) throw new Error("not a model file")
    expect(variants(searched.file, 100)).toHaveLength(6)
    expect(variants(searched.file, 5)).toBeUndefined()
    const { isAccepted } = yield* foreseen({ document, directory, reading, facts: known.facts })
    const of = (colour: number, size: number, dense: number, missing?: number) =>
      isAccepted({
        "data.columns.colour": colour,
        "data.columns.size": size,
        ...(missing === undefined ? {} : { "data.columns.size.missing": missing }),
        "model.layers[0].dense": dense,
      })
    // Inputs: three colours or none, and a number, a number with its indicator, or four sizes. Parameters: 4 (inputs + 1) + 5.
    return [of(1, 0, 1, 0), of(1, 0, 1, 1), of(1, 1, 1), of(0, 0, 1, 0), of(0, 1, 1), of(0, 1, 0)]
  }).pipe(Effect.provide(NodeServices.layer), Effect.runPromise)
  rmSync(directory, { recursive: true })
  expect(kept).toEqual([true, true, false, false, false, true])
})
