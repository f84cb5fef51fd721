/** The points of a search before they are trained: whether the conditions allow them, and how much memory they take. */
import type { Point } from "@adjoint/core/search/Space"
import { brokenBy, readAt } from "@adjoint/dsl/AtPoint"
import { trainingBytes } from "@adjoint/dsl/build/TrainingBytes"
import type { Facts } from "@adjoint/dsl/prepare/Facts"
import { preview } from "@adjoint/dsl/prepare/Preview"
import { openAt, type Reading, withFacts } from "@adjoint/dsl/Read"
import { variantOf, variants } from "@adjoint/dsl/space/Variants"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type { Sound } from "../model/ModelFile.ts"

/** Data are looked at in at most so many ways. Points of further ways have only the facts that the file states. */
const maxVariants = 64

/** What is known of a point without training it. */
export interface Foreseen {
  /** Whether it keeps all conditions of `search.where`. */
  readonly isAccepted: (point: Point) => boolean
  /** The bytes that its training takes; undefined where too little is known, or its values make no right model. */
  readonly bytes: (point: Point) => number | undefined
}

/**
 * What is known of the points of a file. Data that a point prepares in another way are looked at once, before the search begins, so
 * that the sizes of its nets are known.
 */
export const foreseen = ({ directory, reading }: Sound): Effect.Effect<Foreseen, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const { searched } = reading
    if (searched === undefined) return { isAccepted: () => true, bytes: () => undefined }
    const { file } = searched
    const known = new Map<string, Facts>()
    for (const point of variants(file, maxVariants) ?? []) {
      const { facts } = yield* preview(openAt(reading, point).sections, directory)
      known.set(variantOf(file, point), facts)
    }
    const at = (point: Point): Reading => {
      const facts = known.get(variantOf(file, point))
      return facts === undefined ? readAt(reading, point) : withFacts(openAt(reading, point), { facts, findings: [] })
    }
    return {
      isAccepted: (point: Point) => brokenBy(at(point)) === undefined,
      bytes: (point: Point) => {
        const { document, report } = at(point)
        return document === undefined ? undefined : trainingBytes(document, report.facts)
      },
    }
  })
