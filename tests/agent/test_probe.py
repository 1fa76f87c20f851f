"""The shadow step on real models: what it tells, what it refuses, and that it leaves no trace."""

from __future__ import annotations

import pytest

from tests.agent.scenes import Keras, everywhere, on_tensorflow, scenes
from tuimon.agent import probe, rows
from tuimon.agent.budget import Budget


@everywhere
def test_training_is_the_same_to_the_last_bit(keras: Keras) -> None:
    """Losses, weights, optimizer, and every generator of random numbers: without looks, again without, with looks."""
    told = scenes(keras).facts["identity"]
    assert [each["kind"] for each in told] == ["dense", "images", "recurrent"]
    for each in told:
        once, again, watched = each["digests"]
        assert once == again, f"{each['kind']} differs from itself"
        assert watched == once, f"{each['kind']} differs when it is looked at"


@everywhere
def test_gradients_that_do_not_reach_the_first_layer(keras: Keras) -> None:
    for probed in scenes(keras).probes("vanishing"):
        assert probed.gradient_first is not None
        assert probed.gradient_last is not None
        assert probed.gradient_first < 1e-9
        assert probed.gradient_last > 1e-3
        assert len([layer for layer in probed.layers if "gradient" in layer]) == 13
        assert probed.loss == pytest.approx(0.69, abs=0.2)


@everywhere
def test_a_healthy_model(keras: Keras) -> None:
    for probed in scenes(keras).probes("healthy"):
        assert probed.rows == 32
        assert [layer["kind"] for layer in probed.layers] == ["Dense", "Dense", "ReLU", "Dense"]
        assert "dead" not in probed.layers[1]  # linear: the rectifier behind it is judged
        assert all(probed.layers[index]["dead"] < 0.4 for index in (0, 2))
        assert probed.gradient_first is not None
        assert probed.gradient_first > 1e-3
        (output,) = probed.outputs
        assert output["std"] > 1e-3
        assert 0 < output["min"] < output["max"] < 1
        assert output["outside"] == 0


@everywhere
def test_units_that_never_fire_are_dead(keras: Keras) -> None:
    for probed in scenes(keras).probes("dead"):
        assert probed.layers[0]["dead"] == 1.0
        assert probed.layers[0]["gradient"] == 0.0
        assert "dead" not in probed.layers[1]


@everywhere
def test_an_output_that_ignores_the_input(keras: Keras) -> None:
    for probed in scenes(keras).probes("constant"):
        assert probed.outputs[0]["std"] < 1e-6
        assert probed.outputs[0]["min"] == pytest.approx(1.0)


@everywhere
def test_an_output_beside_the_range_that_its_loss_needs(keras: Keras) -> None:
    for probed in scenes(keras).probes("beside-range"):
        assert probed.outputs[0]["outside"] > 0.9


@everywhere
def test_a_loss_of_the_users_own_is_not_called(keras: Keras) -> None:
    for probed in scenes(keras).probes("own-loss"):
        assert probed.loss is None
        assert probed.gradient_first is None
        assert probed.outputs[0]["std"] > 0


@everywhere
def test_convolutions_count_channels_and_recurrent_layers_run(keras: Keras) -> None:
    convolved = scenes(keras).probes("conv")
    assert len(convolved) == 2
    assert all(0 <= probed.layers[0]["dead"] <= 1 for probed in convolved)
    assert all(probed.gradient_first for probed in convolved)
    assert [probed.layers[0]["kind"] for probed in scenes(keras).probes("text")] == ["Embedding", "Embedding"]


@everywhere
def test_several_inputs_and_outputs(keras: Keras) -> None:
    for probed in scenes(keras).probes("several"):
        assert [output["name"] for output in probed.outputs] == ["one", "two"]
        assert probed.loss is not None


@everywhere
@pytest.mark.parametrize("scene", ["lambda", "own-layer", "own-activation"])
def test_code_of_the_users_own_is_never_run(keras: Keras, scene: str) -> None:
    assert "probes" not in scenes(keras).events
    assert scenes(keras).probes(scene) == []
    assert scenes(keras).obstacle(scene)


@on_tensorflow
def test_rows_behind_a_dataset_are_taken_unless_it_changes_them(keras: Keras) -> None:
    assert len(scenes(keras).probes("dataset")) == 2
    assert scenes(keras).probes("mapped") == []


def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUIMON_PROBE", "off")
    prober = probe.Prober(1, object(), Budget(1.0, 1.0, 10))
    assert prober.obstacle == "TUIMON_PROBE=off"
    assert not prober.needs_rows
    assert prober.epoch_ended(0, 1.0, 10) is None


def test_only_arrays_have_rows() -> None:
    assert rows.of(iter([1, 2]), None, 4) is None
    assert rows.of([[1.0, 2.0]] * 1000, None, 4) is None
    assert rows.of("text", None, 4) is None
