"""Has roc-validator look at a crate: `.venv-crate/bin/python validated.py CRATE CONTEXT` prints what it finds wrong.

CONTEXT is a file with the words that RO-Crate's own context has, which roc-validator takes from the network.
"""

import json
import sys
from pathlib import Path
from typing import Any

from rocrate_validator import services
from rocrate_validator.models import Severity
from rocrate_validator.utils import document_loader, http

CONTEXT = {"@context": json.loads(Path(sys.argv[2]).read_text())}


class Answer:
    status_code, headers = 200, {"Content-Type": "application/ld+json"}

    def json(self) -> dict[str, Any]:
        return CONTEXT


document_loader._fetch_json_ld = lambda url: CONTEXT
http.HttpRequester.get = lambda self, url, **_: Answer()
asked = services.ValidationSettings(
    rocrate_uri=sys.argv[1], profile_identifier="workflow-run-crate", requirement_severity=Severity.REQUIRED
)
for issue in services.validate(asked).get_issues():
    print(issue.message)
