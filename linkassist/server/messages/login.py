"""The words of the login, Japanese and English, and those of what was refused for its size or its pace."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "login.title": ("ログイン", "Log in"),
    "login.lead": (
        "このWikiを動かしている人から聞いたパスワードを入れてください。",
        "Enter the password that you were given by whoever runs this wiki's linkassist.",
    ),
    "login.password": ("パスワード", "Password"),
    "login.enter": ("ログイン", "Log in"),
    "login.kept": (
        "このブラウザーでは、最後に使ってから7日、長くて30日のあいだ、ログインしたままになります。",
        "This browser stays logged in until 7 days after its last visit, for 30 days at most.",
    ),
    "login.wrong": ("パスワードが違います。", "That is not the password."),
    "login.wait": (
        "違うパスワードが続いたため、あと {0} 秒は受け付けません。そのあとで、もう一度お試しください。",
        "After so many wrong passwords, the next one is taken in {0} second. Try again then.|"
        "After so many wrong passwords, the next one is taken in {0} seconds. Try again then.",
    ),
    "login.ended": (
        "ログインの期限が切れたため、いまの操作は保存されていません。ログインし直してから、もう一度お願いします。",
        "You are no longer logged in, so what you just did is not saved. Log in and do it again.",
    ),
    "login.out": ("ログアウト", "Log out"),
    "error.408": (
        "送られてくるのが遅すぎました。接続を確かめて、もう一度お試しください。",
        "It came too slowly. Check the connection, then try again.",
    ),
    "error.413": (
        "送られたものが大きすぎます。画面のボタンを使ってください。",
        "What was sent is too long. Use the buttons on the screens.",
    ),
    "error.429": ("少しお待ちください", "One moment, please"),
    "error.429.lead": (
        "短いあいだのリクエストが多すぎました。{0} 秒たってから、もう一度お試しください。",
        "That was asked for too often. Try again in {0} second.|"
        "That was asked for too often. Try again in {0} seconds.",
    ),
    "error.busy": ("いま混み合っています", "Busy just now"),
    "error.busy.lead": (
        "ほかの人のリクエストに答えています。少したってから、もう一度お試しください。",
        "Others are being answered. Try again in a moment.",
    ),
}
