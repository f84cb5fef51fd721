/** The digits as rows of 64 numbers from 0 to 1, the first 1,280 images to learn from and the other 517 to validate. */
import { readFileSync } from "node:fs"
import { Dataset, Idx, type NDArray, Tensor } from "@adjoint/core"
import { Result } from "effect"

const array = (name: "images" | "labels"): NDArray.NDArray =>
  Result.getOrThrow(Idx.decode(readFileSync(new URL(`digits-${name}.idx.gz`, import.meta.url))))

const inputs = Tensor.div(Tensor.reshape(Tensor.cast(array("images"), "f32"), [-1, 64]), 16)
const all = Result.getOrThrow(Dataset.make(Tensor.read(inputs), Tensor.read(Tensor.cast(array("labels"), "i32"))))
const rows = (start: number, end: number) => ({
  ...all,
  inputs: Dataset.slice(all.inputs, start, end),
  targets: Dataset.slice(all.targets, start, end),
})

export const train: Dataset.Dataset = rows(0, 1280)
export const validation: Dataset.Dataset = rows(1280, Dataset.size(all))
