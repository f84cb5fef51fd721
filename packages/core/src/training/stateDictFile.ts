/** The arrays of a `state_dict` in a file: safetensors or npz. Nothing in either is executed. */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import * as Npz from "../data/Npz.ts"
import { systemReason } from "../data/systemReason.ts"
import type { NDArray } from "../types/NDArray.ts"
import { CheckpointError } from "./CheckpointError.ts"
import * as Safetensors from "./Safetensors.ts"
import { readFile } from "./treeFile.ts"

/** The arrays in the bytes of a safetensors file or of an .npz file. `file` names the file in errors. */
export const decode = (bytes: Uint8Array, file: string): Result.Result<ReadonlyMap<string, NDArray>, CheckpointError> => {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b
  if (!isZip) return Safetensors.decode(bytes, file)
  const hint = "safetensors.torch.save_file(model.state_dict(), file)"
  const fail = (got: string) => new CheckpointError({ file, got, wanted: "safetensors, or an .npz file of arrays", hint })
  return Result.flatMap(
    Result.mapError(Npz.decode(bytes), (error) => fail(error.message)),
    (arrays) =>
      arrays.size > 0
        ? Result.succeed(arrays)
        : Result.fail(fail("an archive without arrays, such as torch.save writes (pickled code)")),
  )
}

/** Reads the arrays of a safetensors file or of an .npz file. Fails with `CheckpointError`. */
export const read = (file: string): Effect.Effect<ReadonlyMap<string, NDArray>, CheckpointError, FileSystem.FileSystem> =>
  readFile(file).pipe(
    Effect.catchTag("PlatformError", (error) => {
      const wanted = "a file of arrays"
      return new CheckpointError({ file, got: systemReason(error), wanted, hint: "the path of a safetensors or npz file" })
    }),
    Effect.flatMap((bytes) => Effect.fromResult(decode(bytes, file))),
  )
