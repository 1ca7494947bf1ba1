"""The words about the nightly runs, Japanese and English: on the start of a project, and among the quality figures."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "night": ("夜の更新", "The nightly run"),
    "night.done": ("夜の更新: {0}に終わりました", "Nightly run: done {0}"),
    "night.waiting": ("夜の更新: 最初の夜を待っています", "Nightly run: the first is still to come"),
    "night.running": ("夜の更新: いま動いています", "Nightly run: under way"),
    "night.failed": ("夜の更新が失敗しました（{0}）", "A nightly run failed {0}"),
    "night.killed": ("夜の更新が途中で止まりました（{0}に開始）", "A nightly run was interrupted; it began {0}"),
    "night.missed": ("夜の更新が動いていません", "The nightly run was missed"),
    "night.clock": ("夜の更新がいつ動いたのか分かりません", "Nobody can tell when the last nightly run was"),
    "night.failed.then": (
        "ほかのことはすべて済んでいて、何も失われていません。原因を直してから、もう一度動かしてください。",
        "All else was done, and nothing is lost. Put right what is named here, then run it again.",
    ),
    "night.killed.then": (
        "電源やメモリが足りなくなったのかもしれません。何も失われていません。もう一度動かすと、続きから進みます。",
        "The power or the memory may have run out. Nothing is lost; run again, it goes on where it was.",
    ),
    "night.missed.then": (
        "毎晩の自動実行の設定が消えたか、夜のあいだ電源が切れています。次のコマンドで設定し直してください。",
        "Either its timer is gone, or this machine is off at night. Set the timer up again with this command.",
    ),
    "night.clock.then": (
        "最後の夜の日付が未来になっています。時計が戻されたのでしょう。一度動かせば元に戻ります。",
        "The last one is dated in the future: the clock was set back since. Run it once, and all is well again.",
    ),
    "night.success": ("最後に無事に済んだのは{0}です。", "The last one that went well was {0}."),
    "night.success.never": ("無事に済んだ夜はまだありません。", "None has gone well yet."),
    "night.command": ("ターミナルで:", "In a terminal:"),
    "night.log": (
        "くわしくは、ライブラリのフォルダーの nightly.log にあります。",
        "More is told by nightly.log in the library’s folder.",
    ),
    "night.step.open": ("ライブラリを開く", "opening the library"),
    "night.step.fetch": ("取得", "fetching"),
    "night.step.import": ("取り込み", "importing"),
    "night.step.reindex": ("提案の更新", "updating suggestions"),
    "night.step.evaluate": ("測定", "measuring"),
    "night.step.prune": ("整理", "pruning"),
    "night.step.backup": ("バックアップ", "backing up"),
    "quality.nights": ("夜ごとの測定", "From night to night"),
    "quality.nights.lead": (
        "夜の更新が、新しいページとそのまわりだけの小さなWikiで測った値です。全体で測るよりやさしいので、前の値とだけくらべてください。",
        "The nightly run asks about the newest pages within a small wiki around them. That is easier than the whole "
        "wiki is: hold these figures against one another, and against nothing else.",
    ),
    "quality.nights.last": (
        "{0}: リンク {3} 本のうち {1}% が上位 10 件に、最初の提案は {2}% が当たり",
        "{0}: {1}% of {3} links found within ten, the first suggestion right on {2}% of the pages",
    ),
    "quality.nights.first": (
        "次の値は、ページが変わっていれば一週間後に加わります。",
        "The next figure comes in a week, if pages have changed.",
    ),
    "quality.nights.picture": (
        "上位 10 件で見つかる割合（実線）と最初の提案が当たる割合（点線）の移り変わり。{0}から{1}まで。",
        "Found within ten (solid) and first one right (dotted), from {0} to {1}.",
    ),
    "quality.nights.when": ("測定", "Measured"),
}
