/**
 * Keys of driver_info that are no secrets in any driver (Ironic, hardware types). Everything that is on no list
 * is sealed: a key that nobody knows may hold a password.
 */
export const commonPublicKeys: readonly string[] = [
  'deploy_kernel', 'deploy_ramdisk', 'deploy_iso', 'rescue_kernel', 'rescue_ramdisk', 'rescue_iso', 'bootloader',
  'kernel_append_params', 'force_persistent_boot_device', 'fast_track', 'image_download_source', 'image_http_proxy',
  'image_https_proxy', 'image_no_proxy', 'deploy_forces_oob_reboot', 'agent_verify_ca', 'has_dedicated_power_supply',
  'cleaning_network', 'provisioning_network', 'rescuing_network', 'inspection_network', 'servicing_network',
  'external_http_url', 'vmedia_transport_protocol', 'config_via_removable', 'cleaning_runbook',
  'ipmi_address', 'ipmi_username', 'ipmi_port', 'ipmi_priv_level', 'ipmi_cipher_suite', 'ipmi_protocol_version',
  'ipmi_bridging', 'ipmi_local_address', 'ipmi_target_channel', 'ipmi_target_address', 'ipmi_transit_channel',
  'ipmi_transit_address', 'ipmi_force_boot_device', 'ipmi_disable_boot_timeout', 'ipmi_terminal_port',
  'redfish_address', 'redfish_system_id', 'redfish_username', 'redfish_verify_ca', 'redfish_auth_type',
  'redfish_tls_minimum_version', 'redfish_tls_ciphers', 'firmware_update_unresponsive_bmc_wait',
]; // prettier-ignore
