/** An error of the temporary files that hold rows on disk while a command runs. */
import { TaggedError } from "effect/Data"
import { grouped } from "./grouped.ts"

/** `cause` is the code of the system, such as `ENOSPC`; `needed` and `free` are bytes, where they are known. */
export class ScratchError extends TaggedError("ScratchError")<{
  readonly folder: string
  readonly cause: string
  readonly needed?: number
  readonly free?: number
}> {
  override get message(): string {
    const { cause, folder, free, needed } = this
    return needed === undefined || free === undefined
      ? `${folder}: rows cannot be kept there: ${cause === "ENOSPC" ? "no space left on device" : cause}`
      : `${folder}: the rows need ${grouped(needed)} bytes there, and ${grouped(free)} are free`
  }
}
