/** Random spaces for the laws of search. */
import type { Space } from "@adjoint/core"
import * as fc from "fast-check"

const range = fc.tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 1, max: 40 }))

const dimension: fc.Arbitrary<Space.Dimension> = fc.oneof(
  fc.integer({ min: 1, max: 4 }).map((size): Space.Dimension => ({ _tag: "Choice", size })),
  range.map(([low, span]): Space.Dimension => ({ _tag: "Int", low, high: low + span })),
  fc
    .tuple(range, fc.integer({ min: 1, max: 5 }))
    .map(([[low, span], step]): Space.Dimension => ({ _tag: "Int", low, high: low + span, step: Math.min(step, span) })),
  range.map(
    ([low, span]): Space.Dimension => ({ _tag: "Int", low: Math.abs(low) + 1, high: Math.abs(low) + 1 + span, log: true }),
  ),
  range.map(([low, span]): Space.Dimension => ({ _tag: "Float", low: low / 8, high: (low + span) / 8 })),
  range.map(
    ([low, span]): Space.Dimension => ({ _tag: "Float", low: 10 ** (low / 4), high: 10 ** ((low + span) / 4), log: true }),
  ),
  range.map(([low, span]): Space.Dimension => ({ _tag: "Float", low: low / 10, high: (low + span) / 10, step: 0.1 })),
)

/** Some dimensions, of which about half depend on an earlier choice. Without `all`, none is continuous. */
export const spaces = ({
  discrete = false,
  max = 5,
}: {
  readonly discrete?: boolean
  readonly max?: number
} = {}): fc.Arbitrary<Space.Space> =>
  fc
    .array(fc.tuple(discrete ? dimension.filter((each) => each._tag !== "Float") : dimension, fc.nat(), fc.nat(), fc.boolean()), {
      minLength: 1,
      maxLength: max,
    })
    .map((drawn) => {
      const space: Array<Space.Named> = []
      for (const [own, parent, choice, isConditional] of drawn) {
        const choices = space.filter((each) => each._tag === "Choice")
        const of = choices[parent % Math.max(1, choices.length)]
        const when = isConditional && of?._tag === "Choice" ? { dimension: of.name, choice: choice % of.size } : undefined
        space.push({ name: `d${space.length}`, ...own, ...(when === undefined ? {} : { when }) })
      }
      return space
    })
