"""Every progression rule by name, and all of them over one history."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from patients.progression import erice, eustar, inbuild, omeract, ppf2022, relief
from patients.progression.history import History
from patients.progression.settings import Settings
from patients.progression.verdict import Verdict

Evaluate = Callable[[History, Settings | None], Verdict]

RULES: dict[str, Evaluate] = {
    inbuild.RULE.name: inbuild.evaluate,
    ppf2022.RULE.name: ppf2022.evaluate,
    omeract.RULE.name: omeract.evaluate,
    erice.RULE.name: erice.evaluate,
    eustar.NAME: eustar.evaluate,
    relief.NAME: relief.evaluate,
}
DEFAULTS: dict[str, Settings] = {
    inbuild.RULE.name: inbuild.RULE.settings,
    ppf2022.RULE.name: ppf2022.RULE.settings,
    omeract.RULE.name: omeract.RULE.settings,
    erice.RULE.name: erice.RULE.settings,
    eustar.NAME: eustar.SETTINGS,
    relief.NAME: relief.SETTINGS,
}


def verdicts(history: History, settings: Mapping[str, Settings] | None = None) -> list[Verdict]:
    """One verdict a rule, in the order of RULES; `settings` by the name of a rule replace its defaults.

    Raises:
        KeyError: settings for a rule that there is not.
    """
    chosen = dict(settings or {})
    if unknown := chosen.keys() - RULES.keys():
        raise KeyError(f"no such rule: {', '.join(sorted(unknown))}")
    return [evaluate(history, chosen.get(name)) for name, evaluate in RULES.items()]
