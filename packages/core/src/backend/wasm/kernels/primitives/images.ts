/** The kernels of images. */
import { conv, convInputGrad } from "./convolution.ts"
import { convKernelGrad } from "./kernelGradient.ts"
import type { ImageKernels } from "./primitiveKernels.ts"
import { windowMax, windowMaxGrad, windowMaxPick, windowSum, windowSumGrad } from "./windows.ts"

export const images: ImageKernels = {
  conv,
  convInputGrad,
  convKernelGrad,
  windowSum,
  windowSumGrad,
  windowMax,
  windowMaxGrad,
  windowMaxPick,
}
