"""Walks a node through its life by openstacksdk, as sdk.e2e.spec.ts expects it. Argument: the URL of the server.

Prints a line of JSON for every step: its name, and the error if there was one. A step fails by an exception.
"""

import json
import sys
import traceback
from typing import Callable

import openstack
from openstack import exceptions

STEPS: list[Callable[[], None]] = []
PATIENCE = 60

# One try more after 409 and 503, instead of five over fifteen seconds: what is refused here stays refused.
bm = openstack.connect(
    auth_type='none',
    endpoint=sys.argv[1],
    baremetal_status_code_retries=1,
    load_envvars=False,
    load_yaml_config=False,
).baremetal


def step(function):
    STEPS.append(function)
    return function


def equal(found, expected):
    if found != expected:
        raise AssertionError(f'expected {expected!r}, found {found!r}')


def refused(error, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except error as refusal:
        return str(refusal)
    raise AssertionError(f'{call.__name__} was expected to raise {error.__name__}')


def to(target, state, **more):
    """Asks for a verb, and waits as programs do."""
    bm.set_node_provision_state('walker', target, **more)
    [node] = bm.wait_for_nodes_provision_state(['walker'], state, timeout=PATIENCE)
    equal(node.provision_state, state)
    return node


def settled():
    """The node when nothing works on it any more."""
    return bm.wait_for_node_reservation(bm.get_node('walker'), timeout=PATIENCE)


@step
def lists_drivers():
    equal([driver.name for driver in bm.drivers()], ['fake-hardware'])
    equal(bm.get_driver('fake-hardware').default_deploy_interface, 'fake')
    equal(next(iter(bm.drivers(details=True))).default_power_interface, 'fake')
    refused(exceptions.NotFoundException, bm.get_driver, 'nosuch')


@step
def lists_conductors():
    [conductor] = bm.conductors()
    equal((conductor.hostname, conductor.alive), ('conductor-1', True))
    equal(bm.get_conductor('conductor-1').drivers, ['fake-hardware'])


@step
def creates_a_chassis():
    chassis = bm.create_chassis(description='rack')
    equal(bm.get_chassis(chassis.id).description, 'rack')
    equal(bm.update_chassis(chassis, description='rack 1').description, 'rack 1')
    equal([one.id for one in bm.chassis()], [chassis.id])


@step
def creates_a_node():
    [chassis] = bm.chassis()
    node = bm.create_node(
        driver='fake-hardware',
        name='walker',
        chassis_id=chassis.id,
        resource_class='baremetal',
        properties={'cpus': 4},
        driver_info={'fake_address': '192.0.2.1', 'fake_password': 'hush'},
        extra={'asset': 1},
    )
    equal((node.provision_state, node.chassis_id, node.is_maintenance), ('enroll', chassis.id, False))
    equal(node.driver_info, {'fake_address': '192.0.2.1', 'fake_password': '******'})


@step
def creates_a_node_that_is_managed():
    node = bm.create_node(driver='fake-hardware', name='managed', provision_state='manageable')
    equal(bm.get_node('managed').provision_state, 'manageable')
    bm.delete_node(node)
    refused(exceptions.NotFoundException, bm.get_node, 'managed')


@step
def finds_nodes():
    node = bm.find_node('walker')
    equal(bm.get_node(node.id).name, 'walker')
    equal(bm.get_node('walker', fields=['name', 'driver']).driver, 'fake-hardware')
    equal(bm.find_node('nosuch'), None)
    equal([one.name for one in bm.nodes()], ['walker'])
    [detailed] = bm.nodes(details=True)
    equal(detailed.resource_class, 'baremetal')


@step
def lists_nodes_by_what_they_are():
    equal([node.name for node in bm.nodes(provision_state='enroll', resource_class='baremetal')], ['walker'])
    equal(list(bm.nodes(provision_state='active')), [])
    equal(list(bm.nodes(is_maintenance=True)), [])
    equal([node.name for node in bm.nodes(driver='fake-hardware', fields=['name'], limit=1)], ['walker'])


@step
def pages_through_nodes():
    names = [f'page-{number}' for number in range(7)]
    for name in names:
        bm.create_node(driver='fake-hardware', name=name)
    equal([node.name for node in bm.nodes(limit=3)], ['walker', *names])
    equal([node.name for node in bm.nodes(limit=3, paginated=False)], ['walker', 'page-0', 'page-1'])
    for name in names:
        bm.delete_node(name)


@step
def updates_and_patches_a_node():
    node = bm.update_node(bm.get_node('walker'), extra={'asset': 2}, description='by the sdk')
    equal((node.extra, node.description), ({'asset': 2}, 'by the sdk'))
    node = bm.patch_node(
        'walker',
        [
            {'op': 'add', 'path': '/properties/capabilities', 'value': 'boot_mode:uefi'},
            {'op': 'replace', 'path': '/driver_info/fake_address', 'value': '192.0.2.2'},
            {'op': 'remove', 'path': '/extra/asset'},
        ],
    )
    equal(node.properties, {'cpus': 4, 'capabilities': 'boot_mode:uefi'})
    equal(node.driver_info['fake_address'], '192.0.2.2')
    equal(node.extra, {})
    refused(exceptions.BadRequestException, bm.patch_node, 'walker', [{'op': 'remove', 'path': '/extra/nosuch'}])


@step
def refuses_a_second_node_of_the_same_name():
    refused(exceptions.ConflictException, bm.create_node, driver='fake-hardware', name='walker')


@step
def creates_ports():
    node = bm.get_node('walker')
    port = bm.create_port(node_id=node.id, address='52:54:00:77:00:01', is_pxe_enabled=True)
    equal(bm.get_port(port.id).node_id, node.id)
    equal(bm.update_port(port, extra={'cable': 'red'}).extra, {'cable': 'red'})
    equal(bm.patch_port(port, [{'op': 'add', 'path': '/name', 'value': 'left'}]).name, 'left')
    equal([one.address for one in bm.ports(node=node.id)], ['52:54:00:77:00:01'])
    equal([one.id for one in bm.ports(address='52:54:00:77:00:01', details=True)], [port.id])
    equal(bm.find_port('nosuch'), None)
    second = bm.create_port(node_id=node.id, address='52:54:00:77:00:02')
    bm.delete_port(second)
    refused(exceptions.NotFoundException, bm.get_port, second.id)


@step
def sets_traits():
    bm.add_node_trait('walker', 'CUSTOM_GOLD')
    bm.set_node_traits('walker', ['CUSTOM_SILVER', 'CUSTOM_BRONZE'])
    bm.remove_node_trait('walker', 'CUSTOM_SILVER')
    equal(bm.get_node('walker').traits, ['CUSTOM_BRONZE'])
    refused(exceptions.NotFoundException, bm.remove_node_trait, 'walker', 'CUSTOM_SILVER')


@step
def manages_a_node():
    equal(to('manage', 'manageable').target_provision_state, None)


@step
def validates_a_node():
    results = bm.validate_node('walker')
    equal(sorted(name for name, result in results.items() if result.result is False), [])
    equal('power' in results and 'deploy' in results, True)
    bm.patch_node('walker', [{'op': 'add', 'path': '/deploy_interface', 'value': 'direct'}])
    refused(exceptions.ValidationException, bm.validate_node, 'walker')
    bm.patch_node('walker', [{'op': 'remove', 'path': '/deploy_interface'}])


@step
def switches_power():
    bm.set_node_power_state('walker', 'power on', wait=True, timeout=PATIENCE)
    equal(bm.get_node('walker').power_state, 'power on')
    bm.set_node_power_state('walker', 'rebooting')
    bm.wait_for_node_power_state('walker', 'power on', timeout=PATIENCE)
    bm.set_node_power_state('walker', 'soft power off', wait=True, timeout=PATIENCE)
    equal(bm.get_node('walker').power_state, 'power off')
    equal(settled().target_power_state, None)


@step
def sets_maintenance():
    bm.set_node_maintenance('walker', 'disk swap')
    node = bm.get_node('walker')
    equal((node.is_maintenance, node.maintenance_reason), (True, 'disk swap'))
    equal([one.name for one in bm.nodes(is_maintenance=True)], ['walker'])
    bm.unset_node_maintenance('walker')
    node = bm.update_node('walker', is_maintenance=True, maintenance_reason='again')
    equal((node.is_maintenance, node.maintenance_reason), (True, 'again'))
    equal(bm.update_node(node, is_maintenance=False).is_maintenance, False)


@step
def sets_what_a_node_boots():
    equal(bm.get_node_supported_boot_devices('walker')['supported_boot_devices'][:2], ['pxe', 'disk'])
    bm.set_node_boot_device('walker', 'disk', persistent=True)
    equal(bm.get_node_boot_device('walker'), {'boot_device': 'disk', 'persistent': True})
    bm.set_node_boot_mode('walker', 'uefi')
    settled()
    bm.set_node_secure_boot('walker', True)
    node = settled()
    equal((node.boot_mode, node.is_secure_boot), ('uefi', True))
    bm.inject_nmi_to_node('walker')


@step
def inspects_a_node():
    refused(exceptions.NotFoundException, bm.get_node_inventory, 'walker')
    to('inspect', 'manageable')
    inventory = bm.get_node_inventory('walker')
    equal(inventory['inventory']['interfaces'][0]['mac_address'], '52:54:00:77:00:01')


@step
def cleans_a_node():
    settings = {'settings': [{'name': 'ProcTurboMode', 'value': 'Disabled'}]}
    to('clean', 'manageable', clean_steps=[{'interface': 'bios', 'step': 'apply_configuration', 'args': settings}])
    bios = bm.get('/nodes/walker/bios/ProcTurboMode', microversion='1.74').json()
    equal(bios['ProcTurboMode']['value'], 'Disabled')


@step
def sees_a_clean_step_fail():
    bm.set_node_provision_state('walker', 'clean', clean_steps=[{'interface': 'deploy', 'step': 'nosuch'}])
    error = refused(
        exceptions.ResourceFailure, bm.wait_for_nodes_provision_state, ['walker'], 'manageable', timeout=PATIENCE
    )
    equal('node does not support this clean step' in error, True)
    to('manage', 'manageable')


@step
def lists_firmware():
    components = bm.list_node_firmware('walker')['firmware']
    equal([component['component'] for component in components], ['bios', 'bmc'])


@step
def attaches_virtual_media():
    bm.attach_vmedia_to_node('walker', 'cdrom', 'http://images.example/boot.iso')
    settled()
    [media] = bm.get('/nodes/walker/vmedia', microversion='1.93').json()
    equal((media['inserted'], media['image']), (True, 'http://images.example/boot.iso'))
    bm.detach_vmedia_from_node('walker')
    settled()
    equal(bm.get('/nodes/walker/vmedia', microversion='1.93').json(), [])


@step
def provides_a_node():
    to('provide', 'available')


@step
def attaches_vifs():
    bm.attach_vif_to_node('walker', 'vif-1')
    equal(bm.list_node_vifs('walker'), ['vif-1'])
    equal(bm.detach_vif_from_node('walker', 'vif-1'), True)
    equal(bm.detach_vif_from_node('walker', 'vif-1', ignore_missing=True), False)
    bm.attach_vif_to_node('walker', 'vif-2', port_id=next(bm.ports()).id)


@step
def deploys_a_node():
    node = bm.get_node('walker')
    bm.update_node(
        node,
        instance_id='c0ffee00-0000-4000-8000-0000000000e1',
        instance_info={'image_source': 'http://images.example/a.qcow2'},
    )
    equal(to('active', 'active', config_drive={'meta_data': {'hostname': 'web'}, 'user_data': 'hush'}).last_error, None)
    equal(bm.get_node('walker').instance_info['configdrive'], '******')
    equal([one.name for one in bm.nodes(instance_id='c0ffee00-0000-4000-8000-0000000000e1')], ['walker'])


@step
def rebuilds_a_node():
    to('rebuild', 'active', config_drive='aHVzaA==')


@step
def uses_the_console():
    bm.enable_node_console('walker')
    equal(settled().is_console_enabled, True)
    equal(bm.get_node_console('walker')['console_enabled'], True)
    bm.disable_node_console('walker')
    equal(settled().is_console_enabled, False)


@step
def calls_methods_of_the_vendor():
    equal('second_method' in bm.list_node_vendor_passthru('walker'), True)
    answer = bm.call_node_vendor_passthru('walker', 'POST', 'third_method_sync', {'bar': 'woof'})
    equal((answer.status_code, answer.json()), (200, True))


@step
def rescues_a_node():
    to('rescue', 'rescue', rescue_password='hush')
    to('unrescue', 'active')


@step
def services_a_node():
    steps = [{'interface': 'deploy', 'step': 'hold'}, {'interface': 'vendor', 'step': 'log_passthrough'}]
    bm.get_node('walker').set_provision_state(bm, 'service', service_steps=steps)
    bm.wait_for_nodes_provision_state(['walker'], 'service hold', timeout=PATIENCE)
    equal(to('unhold', 'active').last_error, None)


@step
def refuses_a_verb_out_of_place():
    error = refused(exceptions.BadRequestException, bm.set_node_provision_state, 'walker', 'provide')
    equal('while it is in state "active"' in error, True)


@step
def undeploys_a_node():
    node = to('deleted', 'available')
    equal((node.instance_id, node.instance_info), (None, {}))
    equal(bm.list_node_vifs('walker'), [])


@step
def reads_the_history():
    history = bm.get('/nodes/walker/history?detail=True', microversion='1.115').json()['history']
    equal(
        [entry['event_type'] for entry in history if entry['state'] == 'deploying'],
        ['deployment_start', 'deployment_end', 'deployment_start', 'deployment_end'],
    )


@step
def deletes_everything():
    [chassis] = bm.chassis()
    refused(exceptions.BadRequestException, bm.delete_chassis, chassis)
    bm.delete_node('walker')
    refused(exceptions.NotFoundException, bm.get_node, 'walker')
    equal(list(bm.ports()), [])
    bm.delete_chassis(chassis)
    equal(list(bm.chassis()), [])


for function in STEPS:
    try:
        function()
        error = None
    except Exception:
        error = traceback.format_exc(limit=-3)
    print(json.dumps({'step': function.__name__, 'error': error}), flush=True)
