/** The lines of layers that see images, and of their training. */
import { largestBatch } from "./Sizes.ts"

/**
 * Convolutions while an image is large enough, each block followed by pooling, then a dense layer: one with a name where others read
 * it, or one with dropout.
 */
export const convolutions = ([height, width]: readonly [height: number, width: number], name?: string): ReadonlyArray<string> => {
  const side = Math.min(height, width)
  // Of small images, more filters look at each pixel before they are pooled.
  const isSmall = side < 16
  const blocks = Math.max(1, Math.min(3, Math.floor(Math.log2(side / 4))))
  return [
    ...Array.from({ length: blocks }, (_, i) => {
      const filters = (isSmall ? 32 : 16) * 2 ** i
      const convolution = `    - conv2d: { filters: ${filters}, kernel: 3, pad: same, activation: relu }`
      return [convolution, ...(isSmall ? [convolution] : []), ...(side >= 2 ** (i + 2) ? ["    - max_pool: 2"] : [])]
    }).flat(),
    "    - spatial_dropout: 0.1",
    "    - flatten",
    ...(name === undefined
      ? ["    - dense: { units: 64, activation: relu }", "    - dropout: 0.4"]
      : [`    - { dense: { units: 64, activation: relu }, name: ${name} }`]),
  ]
}

/** The lines of training on so many images. */
export const imageTraining = (images: number, metrics: string): ReadonlyArray<string> => {
  const [most, epochs, patience] = images < 2000 ? [16, 60, 12] : images < 20_000 ? [32, 30, 6] : [64, 15, 4]
  return [
    `  epochs: ${epochs}`,
    `  batch: ${Math.min(most, largestBatch(images))}`,
    "  optimizer: { adamw: { lr: 1e-3, weight_decay: 1e-2 } }",
    `  metrics: ${metrics}`,
    "  callbacks:",
    `    - early_stop: { monitor: val.loss, patience: ${patience}, restore_best: true }`,
  ]
}
