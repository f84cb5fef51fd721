/** The conditions of a search: whether a point may be tried, by sizes that are known before a training. */
import type { Point } from "@adjoint/core/search/Space"
import { brokenBy, readAt } from "@adjoint/dsl/AtPoint"
import type { Facts } from "@adjoint/dsl/prepare/Facts"
import { preview } from "@adjoint/dsl/prepare/Preview"
import { openAt, withFacts } from "@adjoint/dsl/Read"
import { variantOf, variants } from "@adjoint/dsl/space/Variants"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type { Sound } from "../model/ModelFile.ts"

/** Data are looked at in at most so many ways. Points of further ways have only the facts that the file states. */
const most = 64

/**
 * Whether a point keeps all conditions of `search.where`. Data that a point prepares in another way are looked at once, before
 * the search begins, so that the sizes of its nets are known.
 */
export const accepting = ({
  directory,
  reading,
}: Sound): Effect.Effect<((point: Point) => boolean) | undefined, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const { searched, sections } = reading
    if (searched === undefined || (sections.search?.where ?? []).length === 0) return undefined
    const { file } = searched
    const known = new Map<string, Facts>()
    for (const point of variants(file, most) ?? []) {
      const { facts } = yield* preview(openAt(reading, point).sections, directory)
      known.set(variantOf(file, point), facts)
    }
    return (point) => {
      const facts = known.get(variantOf(file, point))
      const at = facts === undefined ? readAt(reading, point) : withFacts(openAt(reading, point), { facts, findings: [] })
      return brokenBy(at) === undefined
    }
  })
