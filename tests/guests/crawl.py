# SPDX-License-Identifier: Apache-2.0
"""Crawls a metadata service with one of cloud-init's own data sources, and prints as JSON what it made of it.

Usage: crawl.py ec2|nocloud URL, with cloud-init's modules in the path of Python.
"""

import json
import sys
import tempfile

from cloudinit import helpers
from cloudinit.sources import DataSourceEc2, DataSourceNoCloud


def told_by(source):
    user_data = source.get_userdata_raw()
    return {
        "instance-id": source.get_instance_id(),
        "hostname": source.get_hostname().hostname,
        "public-keys": source.get_public_ssh_keys(),
        "availability-zone": source.availability_zone,
        "region": source.region,
        "user-data": user_data.decode() if isinstance(user_data, bytes) else user_data,
        "metadata": source.metadata,
    }


def ec2(url, paths):
    """As on EC2, where a token is asked for first. What this machine is does not matter."""
    DataSourceEc2.identify_platform = lambda: DataSourceEc2.CloudNames.AWS
    settings = {"metadata_urls": [url], "max_wait": 10, "timeout": 5}
    return DataSourceEc2.DataSourceEc2({"datasource": {"Ec2": settings}}, None, paths)


def nocloud(url, paths):
    """From the network alone; no disk is looked at."""
    settings = {"seedfrom": url, "fs_label": None}
    return DataSourceNoCloud.DataSourceNoCloudNet({"datasource": {"NoCloud": settings}}, None, paths)


SOURCES = {"ec2": ec2, "nocloud": nocloud}


def main(name, url):
    with tempfile.TemporaryDirectory() as scratch:
        source = SOURCES[name](url, helpers.Paths({"cloud_dir": scratch, "run_dir": scratch}))
        if not source.get_data():
            sys.exit("no data source")
        print(json.dumps(told_by(source)))


if __name__ == "__main__":
    main(*sys.argv[1:])
