/** The flags of the verbs that run trials. */
import * as Flag from "effect/cli/Flag"
import { optional } from "./Flags.ts"

export const budget = {
  parallel: optional(
    Flag.Int("parallel").pipe(
      Flag.withMetavar("N"),
      Flag.withDescription(
        "trials at a time, with the same results; one for each core unless given, and 0 leaves them to workers",
      ),
    ),
  ),
  cores: optional(
    Flag.Int("cores").pipe(
      Flag.withMetavar("N"),
      Flag.withDescription(
        "cores that the trials use together, each as many as --threads says; those of the machine unless given",
      ),
    ),
  ),
  memory: optional(
    Flag.String("memory").pipe(
      Flag.withMetavar("SIZE"),
      Flag.withDescription(
        "memory that the trials of this process use together, such as 8GB; a trial starts when its share is free",
      ),
    ),
  ),
}
