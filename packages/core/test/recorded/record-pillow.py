"""Writes images-pillow.json: PNG and JPEG files of Pillow, and the pixels that Pillow reads, resizes and converts.

python record-pillow.py > images-pillow.json   (Pillow 12.3.0, NumPy 2.4.6)
"""

import base64
import io
import json

import numpy as np
import PIL
from PIL import Image, ImageOps

HEIGHT, WIDTH = 19, 21
rng = np.random.default_rng(1)


def smooth(channels):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    waves = [127 + 120 * np.sin(x / (3 + k) + y / (5 - k) + k) for k in range(channels)]
    return np.clip(np.stack(waves, -1) + rng.normal(0, 8, (HEIGHT, WIDTH, channels)), 0, 255).astype(np.uint8)


def packed(array):
    return base64.b64encode(np.ascontiguousarray(array, np.uint8).tobytes()).decode()


grey = smooth(1)[:, :, 0]
rgb = smooth(3)
rgba = smooth(4)
cases = []


def add(name, image, format, pixels=None, mode=None, **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    read = ImageOps.exif_transpose(Image.open(io.BytesIO(file.getvalue())))
    array = np.asarray(read if mode is None else read.convert(mode)) if pixels is None else pixels
    shape = list(array.shape) if array.ndim == 3 else [*array.shape, 1]
    cases.append({"name": name, "file": base64.b64encode(file.getvalue()).decode(), "shape": shape, "pixels": packed(array)})


colours = Image.fromarray(rgb)
for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
    for progressive in (False, True):
        add(f"jpeg {subsampling}, progressive {progressive}", colours, "JPEG", subsampling=subsampling, progressive=progressive, quality=80)
add("jpeg grey", Image.fromarray(grey), "JPEG", quality=60)
add("jpeg grey progressive", Image.fromarray(grey), "JPEG", quality=60, progressive=True)
add("jpeg with restart markers", colours, "JPEG", restart_marker_blocks=1, optimize=True)
add("jpeg of red, green and blue", colours, "JPEG", keep_rgb=True)
for orientation in range(2, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    add(f"jpeg of orientation {orientation}", colours.crop((0, 0, 11, 7)), "JPEG", exif=exif)
add("png grey", Image.fromarray(grey), "PNG")
add("png colours", colours, "PNG")
add("png colours and alpha", Image.fromarray(rgba), "PNG")
add("png grey and alpha", Image.fromarray(rgba[:, :, :2]), "PNG")
add("png of 1 bit", Image.fromarray(grey > 100), "PNG", mode="L")
for bits, count in ((1, 2), (2, 4), (4, 16), (8, 200)):
    add(f"png with a palette of {bits} bits", colours.quantize(count), "PNG", mode="RGB", bits=bits)
add("png with a palette and alpha", colours.quantize(16), "PNG", mode="RGBA", transparency=bytes([0, 100, 200]))
add("png with a transparent colour", colours, "PNG", mode="RGBA", transparency=tuple(int(v) for v in rgb[0, 0]))
wide = grey.astype(np.uint16) * 256 + rng.integers(0, 256, grey.shape).astype(np.uint16)
add("png of 16 bits", Image.fromarray(wide), "PNG", pixels=(wide >> 8).astype(np.uint8))

resized = [
    {"size": [h, w], "pixels": packed(np.asarray(colours.resize((w, h), Image.BILINEAR)))}
    for h, w in ((24, 24), (5, 9), (1, 1), (40, 13))
]
white = Image.new("RGB", (WIDTH, HEIGHT), (255, 255, 255))
white.paste(Image.fromarray(rgba).convert("RGB"), mask=Image.fromarray(rgba).getchannel("A"))
print(
    json.dumps(
        {
            "pillow": PIL.__version__,
            "cases": cases,
            "resized": resized,
            "grey": packed(np.asarray(colours.convert("L"))),
            "white": packed(np.asarray(white)),
        }
    )
)
