"""The description of real models, before they are built and after."""

from __future__ import annotations

from tests.agent.scenes import Keras, everywhere, scenes
from tuimon.agent import layers, losses
from tuimon.agent import model as models


@everywhere
def test_a_softmax_layer_behind_a_dense_one_is_the_activation_of_the_output(keras: Keras) -> None:
    (described,) = scenes(keras).models("sequential")
    assert described.kind == "Sequential"
    assert (described.parameters, described.trainable, described.trainable_variables) == (89, 89, 4)
    assert described.first_layers == ["Rescaling"]
    (output,) = described.outputs
    assert output["units"] == 5
    assert output["shape"] == [None, 5]
    assert output["activation"] == "softmax"
    assert (output["loss"], output["from_logits"]) == ("sparse_categorical_crossentropy", True)
    assert [layer["kind"] for layer in described.layers] == ["Rescaling", "Dense", "Dense", "Softmax"]
    assert [layer.get("activation") for layer in described.layers] == [None, "relu", None, "softmax"]
    assert described.metrics == ["accuracy"]


@everywhere
def test_the_optimizer_is_told_with_its_schedule_and_clipping(keras: Keras) -> None:
    (described,) = scenes(keras).models("sequential")
    assert (described.optimizer, described.learning_rate) == ("SGD", 0.25)
    assert described.schedule == "ExponentialDecay"
    assert described.gradient_clipping is True
    (plain,) = scenes(keras).models("nested")
    assert (plain.optimizer, plain.schedule, plain.gradient_clipping) == ("Adam", "", False)


@everywhere
def test_each_output_has_its_own_loss_and_functions_of_the_users_own_are_unknown(keras: Keras) -> None:
    (described,) = scenes(keras).models("functional")
    first, second = described.outputs
    assert (first["name"], first["units"], first["activation"]) == ("first", 1, "sigmoid")
    assert first["loss"] == "binary_crossentropy"
    assert second["activation"] == layers.UNKNOWN
    assert [(loss["name"], loss["custom"], loss["output"]) for loss in described.losses] == [
        ("binary_crossentropy", False, "first"),
        ("<lambda>", True, "second"),
    ]
    assert described.losses[0]["from_logits"] is False
    assert "from_logits" not in described.losses[1]


@everywhere
def test_the_first_layers_are_followed_from_each_input(keras: Keras) -> None:
    (described,) = scenes(keras).models("functional")
    assert sorted(described.first_layers) == ["Dense", "Rescaling"]
    assert [(each["name"], each["shape"]) for each in described.inputs] == [("a", [None, 8]), ("b", [None, 4, 4, 3])]


@everywhere
def test_outputs_in_a_dict_are_matched_by_key(keras: Keras) -> None:
    (described,) = scenes(keras).models("named-outputs")
    assert [(output["name"], output["loss"]) for output in described.outputs] == [
        ("p", "mean_squared_error"),
        ("q", "mean_absolute_error"),
    ]


@everywhere
def test_units_of_a_softmax_are_those_it_runs_along_though_they_are_reshaped_later(keras: Keras) -> None:
    (described,) = scenes(keras).models("named-outputs")
    output = described.outputs[1]
    assert (output["activation"], output["units"], output["shape"]) == ("softmax", 2, [None, 2, 1])


@everywhere
def test_nested_models_are_looked_into(keras: Keras) -> None:
    (described,) = scenes(keras).models("nested")
    assert described.kind == "Functional"
    assert [layer["kind"] for layer in described.layers if layer["kind"] != "InputLayer"] == [
        "BatchNormalization",
        "Dense",
        "Dense",
        "Dropout",
    ]
    assert described.first_layers == ["BatchNormalization"]
    assert (described.outputs[0]["activation"], described.outputs[0]["units"]) == ("softmax", 3)
    assert described.parameters == 83
    assert described.trainable == 67


@everywhere
def test_a_model_without_an_input_shape_is_told_in_full_once_it_is_built(keras: Keras) -> None:
    before, after = scenes(keras).models("unbuilt")
    assert before.parameters is None
    assert not models.complete(before)
    assert (before.outputs[0]["units"], before.outputs[0]["activation"]) == (3, "softmax")
    assert after.parameters == 27
    assert models.complete(after)
    assert (after.outputs[0]["units"], after.outputs[0]["activation"]) == (3, "softmax")


@everywhere
def test_of_a_model_with_a_call_of_its_own_no_output_is_claimed(keras: Keras) -> None:
    (described,) = scenes(keras).models("subclass")
    assert described.kind == "Own"
    assert described.outputs == []
    assert described.parameters is None
    assert described.custom_train_step
    assert described.added_losses
    assert described.losses == [{"name": "mean_absolute_error", "custom": False}]


def test_losses_are_named_as_keras_spells_them() -> None:
    assert losses.describe("mse") == {"name": "mean_squared_error", "custom": False}
    assert losses.describe("MAE")["name"] == "mean_absolute_error"
    assert losses.describe("binary_crossentropy")["from_logits"] is False
    assert layers.snake("KLDivergence") == "kl_divergence"
    assert layers.snake("SparseCategoricalCrossentropy") == "sparse_categorical_crossentropy"
    assert layers.snake("CTC") == "ctc"


def test_a_loss_of_the_users_own_stays_so_under_a_name_of_keras() -> None:
    def binary_crossentropy(target: float, output: float) -> float:
        return target - output

    assert losses.describe(binary_crossentropy) == {"name": "binary_crossentropy", "custom": True}
