"""Fail unless a wheel holds exactly the files of the two packages: WHEEL in, run from the top of the tree."""

import pathlib
import sys
import zipfile

PACKAGES = ("simulator", "acl_api")

packed = {name for name in zipfile.ZipFile(sys.argv[1]).namelist() if ".dist-info/" not in name}
source = {
    path.as_posix()
    for package in PACKAGES
    for path in pathlib.Path(package).rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
}
print(f"{len(packed)} files in the wheel, {len(source)} in the packages")
if packed != source:
    sys.exit(f".ci/wheel.py: missing {sorted(source - packed)}, foreign {sorted(packed - source)}")
