# SPDX-License-Identifier: GPL-2.0-or-later
"""Several things shown on one machine, as far as it is still there: a step that fails does not hide the next one."""

import re

from harness.machine import PROMPT


def run_steps(machine, *steps):
    """steps: functions without parameters, or (function, argument, ...). All that failed is one failure in the end."""
    failures = []
    for step in steps:
        function, *arguments = step if isinstance(step, tuple) else (step,)
        begin = machine.seconds()
        try:
            function(machine, *arguments)
            print(f"{function.__name__}: {machine.seconds() - begin:.0f} s")
        except AssertionError as error:
            failures.append(f"=== {function.__name__}: {type(error).__name__}: {error}")
            print(failures[-1])
            if not _has_prompt_again(machine):
                break
    assert not failures, "\n".join(failures)


def _has_prompt_again(machine):
    """The shell, whatever was typed and runs."""
    if not machine.child.isalive():
        return False
    try:
        machine.send("\r")  # no Ctrl-C: QEMU itself would take it for its end
        machine.send("echo again''-there\r")
        machine.expect("again-there", timeout=30)
        machine.expect(re.escape(PROMPT), timeout=10)
    except AssertionError:
        return False
    return True
