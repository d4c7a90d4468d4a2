# SPDX-License-Identifier: Apache-2.0
"""cloud-init's data sources on this host, at the other end of a TAP device."""

import json
import os
import subprocess

from network import tap_for_this_host
from packages import CLOUD_INIT, unpacked
from service import INSTANCE_ID, PUBLIC_KEY, URL, Service, ec2_document, text_of

CRAWL = os.path.join(os.path.dirname(__file__), "crawl.py")
# The one that Debian's Python packages are for, whatever python3 is elsewhere.
PYTHON = "/usr/bin/python3"
SECONDS = 60
SEED = {
    "meta-data": "instance-id: seeded\nlocal-hostname: seeded.example\n",
    "user-data": "#cloud-config\n" + text_of(10_000),
    "vendor-data": "#cloud-config\n{}\n",
}


def has_libraries():
    return subprocess.run([PYTHON, "-c", "import configobj, requests, yaml"], check=False,
                          stderr=subprocess.DEVNULL).returncode == 0


def crawl(report, ground, source, url):
    """What one of them made of the service. It must not have complained, even where it would have gone on."""
    modules = os.path.join(unpacked(CLOUD_INIT, ground.cache), "usr/lib/python3/dist-packages")
    result = subprocess.run([PYTHON, "-B", CRAWL, source, url], check=False, capture_output=True, text=True,
                            timeout=SECONDS, env={**os.environ, "PYTHONPATH": modules})
    report.check(f"cloud-init's source {source} has no complaint", result.returncode == 0 and result.stderr == "",
                 f"exit status {result.returncode} {result.stderr}")
    return json.loads(result.stdout or "{}")


def check_cloud_init_ec2(report, ground):
    document = ec2_document("#cloud-config\n" + text_of(100_000))
    with tap_for_this_host("mmds0"), Service(document, [("--tap", "mmds0")], "--imds", "v2") as service:
        found = crawl(report, ground, "ec2", URL)
        service.end(report, "cloud-init's source ec2", tokens_issued=1, tokens_refused=0)
    metadata, user_data = document["latest"]["meta-data"], document["latest"]["user-data"]
    report.check("cloud-init's source ec2, with a token: the whole tree", found.get("metadata") == metadata,
                 f"keys {sorted(found.get('metadata', {}))}")
    report.check("cloud-init's source ec2: the user-data", found.get("user-data") == user_data,
                 f"{len(user_data)} bytes")
    expected = {"instance-id": INSTANCE_ID, "hostname": "guest", "region": "eu-nowhere-1",
                "availability-zone": "eu-nowhere-1a", "public-keys": [PUBLIC_KEY]}
    concluded = {name: found.get(name) for name in expected}
    report.check("cloud-init's source ec2: what it concludes", concluded == expected, f"{concluded}")


def check_cloud_init_nocloud(report, ground):
    with tap_for_this_host("mmds0"), Service({"nocloud": SEED}, [("--tap", "mmds0")]) as service:
        found = crawl(report, ground, "nocloud", f"{URL}/nocloud/")
        service.end(report, "cloud-init's source nocloud", requests=len(SEED))
    expected = {"instance-id": "seeded", "hostname": "seeded", "user-data": SEED["user-data"]}
    concluded = {name: found.get(name) for name in expected}
    report.check("cloud-init's source nocloud: instance-id, hostname, user-data", concluded == expected,
                 f"{len(SEED['user-data'])} bytes of user-data")
