# SPDX-License-Identifier: Apache-2.0
"""What is common to the scripts that take a program and run checks on it, all of them or those that are named."""

import functools
import os
import shutil
import subprocess
import sys

from testbed import KernelDelta, Report, enter_or_skip, lay_cable


def name_of(check):
    return check.__name__.removeprefix("check_")


def needs(tool):
    """Of a check that is skipped where this program is not installed."""
    def decorate(check):
        @functools.wraps(check)
        def check_or_skip(report, documents):
            if shutil.which(tool) is None:
                report.skip(name_of(check), f"{tool} is not installed")
            else:
                check(report, documents)
        return check_or_skip
    return decorate


class Checklist:
    """The checks of a script on one kind of program. The patient ones do little but wait: where all checks are run,
    they run beside the others, in a network of their own."""

    def __init__(self, script, kind, checks, patient):
        self.script = script
        self.kind = kind
        self.checks = checks
        self.patient = patient

    def run(self, usage, make_documents):
        """As the command line says. Does not return."""
        if len(sys.argv) < 2:
            sys.exit(usage)
        self.kind.program = os.path.abspath(sys.argv[1])
        chosen = self._choose(sys.argv[2:])
        enter_or_skip()
        patient = self._start_patient_checks() if chosen is self.checks else None
        lay_cable()
        documents = make_documents()
        report = Report()
        whole = KernelDelta()
        for check in chosen:
            try:
                check(report, documents)
            except Exception as error:  # whatever goes wrong in a check is a failure of that check alone
                report.check(check.__name__, False, f"{error!r}")
        if patient is not None:
            self._end_patient_checks(report, patient)
        report.check("the kernel never saw a wrong checksum", whole("InCsumErrors") == 0, whole.text("InCsumErrors"))
        report.end()

    def _choose(self, names):
        by_name = {name_of(check): check for check in self.checks + self.patient}
        if unknown := set(names) - set(by_name):
            sys.exit(f"{os.path.basename(self.script)}: unknown checks {sorted(unknown)}; there are {sorted(by_name)}")
        return [by_name[name] for name in names] or self.checks

    def _start_patient_checks(self):
        names = map(name_of, self.patient)
        return subprocess.Popen([sys.executable, "-B", self.script, self.kind.program, *names],
                                stdout=subprocess.PIPE, text=True)

    @staticmethod
    def _end_patient_checks(report, process):
        output, _ = process.communicate()
        print(output, end="", flush=True)
        report.check("the patient checks", process.returncode == 0, f"exit status {process.returncode}")
