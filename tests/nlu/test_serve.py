"""What the engine's server refuses to start with."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from nlu.registry import RegistryError
from nlu.serve import choose_model


def archive(path: Path, metadata: dict[str, object] | None) -> Path:
    with tarfile.open(path, "w:gz") as file:
        if metadata is not None:
            content = json.dumps(metadata).encode()
            info = tarfile.TarInfo("metadata.json")
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return path


def test_a_whole_model_is_served(tmp_path: Path) -> None:
    model = archive(tmp_path / "m.tar.gz", {"core_target": "select_prediction"})
    assert choose_model(model) == model


@pytest.mark.parametrize("metadata", [{"core_target": None}, {}, None], ids=["no dialogue", "no word of it", "empty"])
def test_a_model_without_its_dialogue_part_is_refused(tmp_path: Path, metadata: dict[str, object] | None) -> None:
    with pytest.raises(RegistryError, match="dialogue part"):
        choose_model(archive(tmp_path / "m.tar.gz", metadata))


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.tar.gz").write_text("no archive")
    with pytest.raises(RegistryError):
        choose_model(tmp_path / "m.tar.gz")


def test_a_missing_model_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="There is no model"):
        choose_model(tmp_path / "none.tar.gz")
