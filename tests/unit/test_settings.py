"""What CDK writes is what a function reads."""

import pytest

from chat.settings import Runtime, Settings, SettingsError


def test_settings_come_back_from_the_environment_they_were_written_to() -> None:
    settings = Settings(stage="dev", rooms_table="rooms", connections_url="https://x/dev")
    assert settings.to_env() == {
        "CHAT_STAGE": "dev",
        "CHAT_ROOMS_TABLE": "rooms",
        "CHAT_CONNECTIONS_URL": "https://x/dev",
    }
    assert Settings.from_env(settings.to_env()) == settings


def test_an_environment_without_a_stage_is_refused() -> None:
    with pytest.raises(SettingsError, match="CHAT_STAGE"):
        Settings.from_env({})


def test_a_setting_that_the_function_was_not_given_is_named() -> None:
    with pytest.raises(SettingsError, match="CHAT_MEDIA_BUCKET"):
        Settings(stage="dev").need("media_bucket")


def test_the_runtime_says_which_variable_is_missing() -> None:
    with pytest.raises(SettingsError, match="AWS_ACCESS_KEY_ID"):
        Runtime.from_env({"AWS_REGION": "eu-west-1"})
