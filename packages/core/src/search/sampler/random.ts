/** Independent random points. */
import { draws, fold, type Words, wordsOf } from "../draws.ts"
import { build, type Space } from "../Space.ts"
import { at } from "../space/Dimension.ts"
import type { Sampler } from "./Sampler.ts"

/** A space and the words of a key, and how many points were asked for. */
export interface Asking {
  readonly space: Space
  readonly words: Words
  readonly asked: number
}

/** The state of a sampler that has not been asked yet. */
export const asking = (space: Space, key: Parameters<Sampler["init"]>[1]): Asking => ({ space, words: wordsOf(key), asked: 0 })

/** A random point: every dimension that exists is drawn evenly on its scale. */
export const randomPoint = (space: Space, words: Words) => {
  const { uniform } = draws(words)
  return build(space, (dimension) => at(dimension, uniform()))
}

/** Independent random points (Bergstra and Bengio, Random search for hyper-parameter optimization, 2012). */
export const random = (): Sampler<Asking> => ({
  name: "random",
  objectives: "several",
  init: asking,
  ask: (state) => ({
    point: randomPoint(state.space, fold(state.words, state.asked)),
    state: { ...state, asked: state.asked + 1 },
  }),
  tell: (state) => state,
})
